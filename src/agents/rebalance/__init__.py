"""Who sees the drift and says what to trade."""
