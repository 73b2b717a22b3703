"""Where a portfolio's active return came from."""
