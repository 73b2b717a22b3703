"""Market data: what the tables of schema `market` and the European Central Bank say, and how it gets there."""
