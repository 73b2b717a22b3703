"""A benchmark day by day, as arrays."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from application.market.history import Days, Flag, Floats

Series = Literal["constituents", "levels"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One constituent."""

    ticker: str
    listing_id: int
    currency: str
    sector: str | None
    geography: str | None
    asset_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkPath:
    """Returns of shape (n_days,) and members' figures of shape (n_days, n_members), all as fractions.

    series : whether the returns follow from constituents or from a level series, of `level_ticker` then.
    returns : from the day before to each day, in `currency`; NaN on the first day, where no level is known, and where
        the prices of too many members ended more than a month before.
    weights : at the end of the day before, what the day's return is earned on; each row but the first sums to 1.
    member_returns, local_returns : in `currency` and in each member's own; 0 where the weight is 0.
        Where they are known, `returns` is the sum of weights times member_returns.
    missing : constituents left out for want of prices; the rest is scaled up to 1.
    note : what stands in for what.
    """

    ticker: str
    series: Series
    level_ticker: str | None
    source: str
    note: str | None
    currency: str
    days: Days
    returns: Floats
    members: tuple[Member, ...]
    weights: Floats
    member_returns: Floats
    local_returns: Floats
    missing: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()

    def unknown_from(self) -> np.datetime64 | None:
        """Return the first day whose return should be known and is not; None where there is none."""
        unknown = np.flatnonzero(np.isnan(self.returns[1:]))
        return self.days[1 + unknown[0]] if unknown.size else None

    def without_first_day(self) -> "BenchmarkPath":
        """Return the path from its second day on, whose first return is known."""
        return replace(
            self,
            days=self.days[1:],
            returns=self.returns[1:],
            weights=self.weights[1:],
            member_returns=self.member_returns[1:],
            local_returns=self.local_returns[1:],
        )
