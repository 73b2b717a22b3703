"""The methods of a job side by side: who is best by what, and how far their weights lie apart."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from application.optimization.answer import Comparison, MethodResult, Place

T = TypeVar("T")
Figure = Callable[[MethodResult], float | None]


def _metric(name: str) -> Figure:
    return lambda result: None if result.metrics is None else getattr(result.metrics, name)


def _tested(name: str) -> Figure:
    return lambda result: None if result.out_of_sample is None else getattr(result.out_of_sample, name)


_TESTED: Final = "out_of_sample.sharpe_ratio"
_PROMISED: Final = "metrics.sharpe_ratio"
FIGURES: Final[Mapping[str, Figure]] = {
    "expected_return": _metric("expected_return"),
    "volatility": _metric("volatility"),
    "sharpe_ratio": _metric("sharpe_ratio"),
    "max_drawdown": _metric("max_drawdown"),
    "cvar_95": _metric("cvar_95"),
    "diversification_ratio": _metric("diversification_ratio"),
    "effective_number_of_assets": _metric("effective_number_of_assets"),
    "turnover": _metric("turnover"),
    "largest_weight": lambda result: max(map(abs, (result.weights or {"": 0.0}).values())),
    "out_of_sample_return": _tested("expected_return"),
    "out_of_sample_volatility": _tested("volatility"),
    "out_of_sample_sharpe_ratio": _tested("sharpe_ratio"),
    "out_of_sample_max_drawdown": _tested("max_drawdown"),
}
LESS_IS_BETTER: Final = frozenset(
    {"volatility", "cvar_95", "turnover", "largest_weight", "out_of_sample_volatility"}
)


def compared(results: Mapping[str, MethodResult]) -> Comparison:
    """Return how the completed methods of a job compare; equal ones stay in the order they were asked for."""
    done = {name: one for name, one in results.items() if one.status == "completed" and one.weights}
    figures = {name: {figure: tell(one) for figure, tell in FIGURES.items()} for name, one in done.items()}
    tested = any(of["out_of_sample_sharpe_ratio"] is not None for of in figures.values())
    key = "out_of_sample_sharpe_ratio" if tested else "sharpe_ratio"
    ranked = sorted(done, key=lambda name: _order(figures[name][key]))
    weights = {name: one.weights or {} for name, one in done.items()}
    return Comparison(
        ranked_by=_TESTED if tested else _PROMISED,
        ranking=[Place(method=name, rank=rank, **figures[name]) for rank, name in enumerate(ranked, 1)],
        best={figure: best for figure in FIGURES if (best := _best(figure, figures)) is not None},
        weight_distances={
            one: {other: _distance(weights[one], weights[other]) for other in weights} for one in weights
        },
        mean_weights=_by_asset(weights, lambda held: sum(held) / len(held)),
        weight_ranges=_by_asset(weights, lambda held: [min(held), max(held)]),
        failed=[name for name, one in results.items() if name not in done],
    )


def _order(figure: float | None) -> tuple[bool, float]:
    return (figure is None, 0.0 if figure is None else -figure)


def _best(figure: str, figures: Mapping[str, Mapping[str, float | None]]) -> str | None:
    sign = 1 if figure in LESS_IS_BETTER else -1
    known = [(sign * value, name) for name, of in figures.items() if (value := of[figure]) is not None]
    return min(known, key=lambda pair: pair[0])[1] if known else None


def _distance(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(abs(weight - other[asset]) for asset, weight in one.items()) / 2


def _by_asset(weights: Mapping[str, Mapping[str, float]], tell: Callable[[list[float]], T]) -> dict[str, T]:
    assets = next(iter(weights.values()), {})
    return {asset: tell([held[asset] for held in weights.values()]) for asset in assets}
