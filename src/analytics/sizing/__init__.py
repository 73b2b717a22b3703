"""How much of the capital to stake."""
