"""What weights must keep to, whatever the method."""

from dataclasses import dataclass, field

import numpy as np

from analytics.optimization.sample import Floats

SLACK = 1e-8
"""By how much a weight may miss a limit before it counts as missing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """lower <= coefficients · weights <= upper.

    key : the field of the request that asked for it, such as `constraints.groups.0.max_weight`
    label : what it is called in a sentence, such as "the group tech at most 30 %"
    """

    key: str
    label: str
    coefficients: Floats
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits on n weights, fractions of the whole.

    lower, upper : arrays of shape (n,)
    budget : what the weights add up to
    linear : limits on groups and sectors
    target_return : expected return per period, at least
    target_volatility : standard deviation per period, at most
    max_names : how many weights may differ from zero
    max_turnover : half the sum of absolute changes from `current`, at most
    max_gross : the sum of absolute weights, at most
    cost : one-way cost of a unit of weight traded away from `current`, shape (n,); taken off the expected return
    """

    lower: Floats
    upper: Floats
    budget: float = 1.0
    linear: tuple[Linear, ...] = field(default=())
    target_return: float | None = None
    target_volatility: float | None = None
    max_names: int | None = None
    max_turnover: float | None = None
    max_gross: float | None = None
    current: Floats | None = None
    cost: Floats | None = None

    @classmethod
    def long_only(cls, size: int) -> "Limits":
        """Return the usual limits: nothing sold short, everything invested."""
        return cls(lower=np.zeros(size), upper=np.ones(size))

    @property
    def is_long_only(self) -> bool:
        """Whether no weight may be negative."""
        return bool((self.lower >= 0).all())

    @property
    def is_box(self) -> bool:
        """Whether there are bounds on single weights and a budget, and nothing else."""
        others = (
            self.target_return, self.target_volatility, self.max_names, self.max_turnover, self.max_gross,
        )  # fmt: skip
        return not self.linear and all(other is None for other in others)

    @property
    def is_plain(self) -> bool:
        """Whether the weights of a long-only portfolio keep to them whatever they are."""
        return self.is_box and self.budget == 1 and not self.lower.any() and bool((self.upper >= 1).all())
