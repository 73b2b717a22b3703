"""What one unit has become through splits."""

from collections.abc import Sequence

import numpy as np

from application.market.history import CorporateAction, Days, Floats


class Splits:
    """Units that one unit of each listing has become since before its first split."""

    def __init__(self, actions: Sequence[CorporateAction]) -> None:
        found: dict[int, list[tuple[np.datetime64, float]]] = {}
        for action in actions:
            if action.kind == "split" and action.value not in (0, 1):
                day = np.datetime64(action.ex_date, "D")
                found.setdefault(action.listing_id, []).append((day, float(action.value)))
        self._factors = {listing_id: _cumulated(sorted(splits)) for listing_id, splits in found.items()}

    def __contains__(self, listing_id: object) -> bool:
        return listing_id in self._factors

    def factor(self, listing_id: int, days: Days) -> Floats:
        """Return the factor on each day, splits with that ex-date counted in; ones where there was none."""
        if listing_id not in self._factors:
            return np.ones(len(days))
        ex_dates, factors = self._factors[listing_id]
        return np.asarray(factors[np.searchsorted(ex_dates, days, side="right")], dtype=np.float64)


def _cumulated(splits: list[tuple[np.datetime64, float]]) -> tuple[Days, Floats]:
    ex_dates = np.array([day for day, _ in splits], dtype="datetime64[D]")
    return ex_dates, np.concatenate(([1.0], np.cumprod([value for _, value in splits])))
