"""The report of a portfolio: what it says, apart from how it looks."""
