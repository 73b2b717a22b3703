"""Registering portfolios, revising them, asking for a rebalance."""
