"""Opinions on returns, as Black-Litterman takes them; those that momentum has, where nobody else has any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

import numpy as np

from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats, Sample

MOMENTUM_A_YEAR: Final = 0.02
"""By how much more than in equilibrium an asset is seen to return whose momentum is one deviation above the mean."""


View = TypedDict("View", {"assets": Mapping[str, float], "return": float, "confidence": float})
"""An opinion, as requests have it: the combination of assets with these coefficients returns so much per period.

`confidence`, in (0, 1), says how sure that is.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """k views on n assets: `picks`, shape (k, n), times excess returns is about `returns`, shape (k,).

    confidence : shape (k,), each in (0, 1)
    """

    picks: Floats
    returns: Floats
    confidence: Floats

    def __len__(self) -> int:
        return len(self.returns)


def stated(views: Sequence[View], sample: Sample) -> Views:
    """Return the views as arrays, their returns less the risk-free one, which differences of assets do without.

    Raises
    ------
    CannotFit
        `unknown_asset` for a view on something that is not among the assets.
    """
    places = {asset: place for place, asset in enumerate(sample.assets)}
    picks = np.zeros((len(views), sample.size))
    for row, view in zip(picks, views, strict=True):
        for asset, coefficient in view["assets"].items():
            if asset not in places:
                raise CannotFit(
                    "unknown_asset",
                    f"A view speaks of {asset}, which is not among the assets.",
                    field="options.BlackLitterman.views",
                )
            row[places[asset]] = coefficient
    returns = np.array([view["return"] for view in views])
    return Views(
        picks=picks,
        returns=returns - sample.risk_free * picks.sum(axis=1),
        confidence=np.array([view["confidence"] for view in views]),
    )


def momentum(sample: Sample, equilibrium: Floats) -> Views | None:
    """Return one view for each asset: q = π + κz, κ two percent a year; None without a year of differing returns.

    z : cross-sectional z-score of the return over the last twelve months but one
    """
    score = _momentum(sample)
    if score is None:
        return None
    bonus = MOMENTUM_A_YEAR / sample.periods_per_year
    size = sample.size
    return Views(picks=np.eye(size), returns=equilibrium + bonus * score, confidence=np.full(size, 0.5))


def _momentum(sample: Sample) -> Floats | None:
    year = round(sample.periods_per_year)
    month = max(round(year / 12), 1)
    if sample.returns is None or year < 2 or len(sample.returns) < year:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        gained = np.expm1(np.log1p(np.maximum(sample.returns[-year:-month], -1 + 1e-12)).sum(axis=0))
        spread = float(gained.std())
    if not 1e-12 < spread < np.inf:
        return None
    score: Floats = (gained - gained.mean()) / spread
    return score
