"""Market data: what it is called, what it was worth, and how it comes in."""
