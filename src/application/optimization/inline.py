"""Datasets of figures that came with the request."""

import numpy as np

from application.market.history import Floats
from application.optimization.dataset import AssetFacts, Dataset, Dropped, RiskFree, UsedBenchmark, Warned
from application.optimization.levels import changes, complete
from application.optimization.options import Method
from application.optimization.request import OptimizationRequest
from application.optimization.sampling import packed
from application.optimization.universe import refused
from domain.errors import Violation

DAILY = 252.0
RATED: tuple[Method, ...] = ("MVO", "CriticalLineAlgorithm")
SENT = UsedBenchmark(ticker="request", series="returns", source="request")


def dataset_of(request: OptimizationRequest) -> Dataset:
    """Return what was sent as a dataset.

    Raises
    ------
    Refused
        With every asset whose prices have more gaps than the request allows.
    """
    if request.covariance is not None:
        return _moments(request)
    return _returns(request) if request.returns is not None else _prices(request)


def _moments(request: OptimizationRequest) -> Dataset:
    ignored = (
        "Figures of expected returns and a covariance are left as they are: `periods_per_year` is not used."
    )
    return Dataset(
        source="moments",
        assets=_assets(request),
        periods=0,
        periods_per_year=1.0,
        risk_free=_risk_free(request),
        expected_returns=packed(np.array(request.expected_returns)),
        covariance=packed(np.array(request.covariance)),
        current_weights=_held(request),
        warnings=(Warned(code="not_used", detail=ignored),) if request.periods_per_year else (),
    )


def _returns(request: OptimizationRequest) -> Dataset:
    return _of_periods(request, np.array(request.returns, dtype=np.float64), request.benchmark_returns)


def _prices(request: OptimizationRequest) -> Dataset:
    assert request.prices is not None
    levels = np.array(
        [[np.nan if price is None else price for price in row] for row in request.prices], dtype=np.float64
    )
    names = request.assets or []
    fields = [f"assets.{at}" for at in range(len(names))]
    kept = complete(levels, request.missing, names, fields)
    if kept.violations:
        raise refused(list(kept.violations))
    returns = changes(levels[np.ix_(kept.rows, kept.columns)])
    _require_finite(returns)
    benchmark = _between(request.benchmark_returns, kept.rows.tolist())
    return _of_periods(request, returns, benchmark, kept.columns.tolist(), kept.dropped)


def _between(benchmark: list[float] | None, rows: list[int]) -> list[float] | None:
    """The benchmark's returns from each row that stays to the next one that does."""
    if benchmark is None:
        return None
    grown = np.concatenate(([1.0], np.cumprod(1 + np.array(benchmark))))[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = grown[1:] / grown[:-1] - 1
    if not np.isfinite(returns).all():
        detail = "A benchmark that lost everything has no return after that, which gaps in prices would need."
        raise refused([Violation("benchmark_returns", "no_return", detail)])
    told: list[float] = returns.tolist()
    return told


def _require_finite(returns: Floats) -> None:
    if not np.isfinite(returns).all():
        detail = "From one price to the next lies more than a number can hold."
        raise refused([Violation("prices", "out_of_range", detail)])


def _of_periods(
    request: OptimizationRequest,
    returns: Floats,
    benchmark: list[float] | None,
    columns: list[int] | None = None,
    dropped: tuple[Dropped, ...] = (),
) -> Dataset:
    last = request.window.periods
    if last is not None and last < len(returns):
        returns = returns[-last:]
        benchmark = None if benchmark is None else benchmark[-last:]
    return Dataset(
        source="returns" if request.returns is not None else "prices",
        assets=_assets(request, columns),
        periods=len(returns),
        periods_per_year=float(request.periods_per_year or DAILY),
        risk_free=_risk_free(request),
        returns=packed(returns),
        benchmark=None if benchmark is None else SENT,
        benchmark_returns=None if benchmark is None else packed(np.array(benchmark)),
        current_weights=_held(request, columns),
        dropped=dropped,
    )


def _assets(request: OptimizationRequest, columns: list[int] | None = None) -> tuple[AssetFacts, ...]:
    names = request.assets or []
    return tuple(AssetFacts(name=names[at]) for at in columns or range(len(names)))


def _held(request: OptimizationRequest, columns: list[int] | None = None) -> tuple[float, ...] | None:
    held = request.constraints.current_weights
    if held is None:
        return None
    return tuple(float(held.get(one.name, 0.0)) for one in _assets(request, columns))


def _risk_free(request: OptimizationRequest) -> RiskFree:
    """The rate in the options where there is one; where methods differ, the others take none."""
    sent = {
        float(rate)
        for method in RATED
        if (rate := request.options.of(method).given().get("risk_free_rate")) is not None
    }
    if len(sent) != 1:
        return RiskFree(value=0.0, source="request" if sent else None)
    return RiskFree(value=sent.pop(), source="request")
