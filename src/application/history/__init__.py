"""What happened to a portfolio, and what it looked like then."""
