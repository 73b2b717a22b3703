"""What only some methods have, as the answer tells it: by asset, in plain numbers, per year."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np

from application.optimization.answer import FrontierPoint

OWN_FIELDS: Final = frozenset({"clusters", "dendrogram", "cluster_weights", "stack"})
"""Extras that go into fields of their own as they are."""
RETURNS: Final = frozenset({"expected_return", "mean", "return", "risk_free"})
DEVIATIONS: Final = frozenset({"volatility", "tracking_error", "standard_deviation"})
"""Names below which every number is one of a period, whatever it lies in."""
NAMED_MAX: Final = 100
"""Assets up to which zeros are told, too."""


def fields_of(extras: Mapping[str, Any], names: Iterable[str], year: float) -> dict[str, Any]:
    """Return extras as fields of the answer; what has no field of its own goes into `details`."""
    assets = tuple(names)
    told: dict[str, Any] = {}
    details: dict[str, Any] = {}
    for name, value in extras.items():
        if name == "frontier":
            told[name] = [_point(one, assets, year) for one in value]
        elif name == "min_vol":
            told[name] = _point(value, assets, year)
        elif name in ("equilibrium_returns", "posterior_returns"):
            told[name] = {asset: float(figure) * year for asset, figure in value.items()}
        elif name in OWN_FIELDS or name == "regime":
            told[name] = _plain(value, year)
        else:
            details[name] = _scaled(name, year)(_plain(value, year))
    return {**told, "details": details} if details else told


def _point(point: Any, assets: tuple[str, ...], year: float) -> FrontierPoint:
    if isinstance(point, Mapping):
        weights, expected, spread = point["weights"], point["expected_return"], point["volatility"]
    else:
        weights, expected, spread = point
    by_asset = weights if isinstance(weights, Mapping) else dict(zip(assets, weights, strict=True))
    return FrontierPoint(
        weights=held(by_asset),
        expected_return=float(expected) * year,
        volatility=float(spread) * math.sqrt(year),
    )


def held(weights: Mapping[str, Any]) -> dict[str, float]:
    """Return weights that stand beside the result: all, and of many assets those that are held.

    A frontier of 500 assets has as many points: with all zeros it would be a quarter of a million numbers.
    """
    few = len(weights) <= NAMED_MAX
    return {asset: float(weight) + 0.0 for asset, weight in weights.items() if few or weight}


def _plain(value: Any, year: float) -> Any:
    """Numbers of numpy as those of Python, and those of a period as those of a year."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: _scaled(key, year)(_plain(inner, year)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, year) for inner in value]
    return value


def _scaled(name: Any, year: float) -> Callable[[Any], Any]:
    factor = year if name in RETURNS else math.sqrt(year) if name in DEVIATIONS else 1.0
    return lambda value: value * factor if isinstance(value, float) and factor != 1 else value
