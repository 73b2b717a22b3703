"""What a portfolio is measured against, day by day."""
