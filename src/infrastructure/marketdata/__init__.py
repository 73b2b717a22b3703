"""Market data from outside: exchange rates."""
