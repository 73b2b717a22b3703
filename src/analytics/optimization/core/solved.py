"""What a convex programme over limits answers."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analytics.optimization.fit import Fit, Note
from analytics.optimization.sample import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """Weights that are best, the extra variables with them, and the objective's value."""

    weights: Floats
    solver: str
    status: str = "optimal"
    fallbacks: tuple[str, ...] = ()
    value: float = 0.0
    extra: Floats = field(default_factory=lambda: np.zeros(0))
    notes: tuple[Note, ...] = ()

    def as_fit(self, *notes: Note, **extras: Any) -> Fit:
        """Return the answer of a method that took these weights."""
        return Fit(
            weights=self.weights,
            solver=self.solver,
            status=self.status,
            fallbacks=self.fallbacks,
            notes=(*self.notes, *notes),
            extras=extras,
        )
