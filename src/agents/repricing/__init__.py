"""Who tells the other agents that prices moved."""
