"""Factor series on the union of their days."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from application.market.history import FactorSeries
from infrastructure.marketdata import arrays


def factor_series(rows: Sequence[tuple[Any, ...]]) -> FactorSeries:
    """Put series that were sent one by one beside each other."""
    days = [arrays.days(sent) for _, sent, _, _ in rows]
    union = np.unique(np.concatenate(days)) if days else np.empty(0, "datetime64[D]")
    returns = np.full((len(union), len(rows)), np.nan)
    for place, (_, _, sent, _) in enumerate(rows):
        returns[np.searchsorted(union, days[place]), place] = arrays.floats(sent)
    return FactorSeries(
        names=tuple(name for name, *_ in rows),
        days=union,
        returns=returns,
        source=", ".join(sorted({source for *_, sources in rows for source in sources})),
    )
