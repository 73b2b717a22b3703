"""A finished optimisation as a report: what is asked of whoever prints it, and how what it says is chosen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from application.optimization.answer import Comparison, MethodResult, Prepared


class OptimizationReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the report says; fractions throughout, as in the answer of the job.

    request : what was asked, without figures that were sent with it.
    name : what the portfolio is called, where the job is of one.
    """

    id: UUID
    status: str
    requested_at: datetime
    request: dict[str, Any]
    facts: Prepared
    results: dict[str, MethodResult]
    comparison: Comparison | None = None
    name: str | None = None

    @property
    def completed(self) -> dict[str, MethodResult]:
        """The methods that have weights, the best first; without a comparison in the order they were asked for."""
        known = {name: one for name, one in self.results.items() if one.weights}
        ranking = [place.method for place in self.comparison.ranking] if self.comparison else []
        return {name: known[name] for name in dict.fromkeys([*ranking, *known]) if name in known}

    @property
    def failed(self) -> dict[str, MethodResult]:
        """The methods without weights."""
        return {name: one for name, one in self.results.items() if not one.weights}


def most_weighted(results: Mapping[str, MethodResult], most: int) -> list[str]:
    """Return the assets that have weight in any method, those with the most over all methods first."""
    total: dict[str, float] = {}
    for one in results.values():
        for asset, weight in (one.weights or {}).items():
            total[asset] = total.get(asset, 0.0) + abs(weight)
    held = sorted((asset for asset, weight in total.items() if weight), key=lambda name: (-total[name], name))
    return held[:most]
