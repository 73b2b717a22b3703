"""The agent that computes optimisations."""
