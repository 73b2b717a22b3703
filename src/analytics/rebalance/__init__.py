"""The fewest and smallest trades that bring every bucket inside its band."""

from analytics.rebalance.problem import ConflictSet, Problem, Solution
from analytics.rebalance.solving import solve

__all__ = ["ConflictSet", "Problem", "Solution", "solve"]
