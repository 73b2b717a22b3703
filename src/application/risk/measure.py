"""The risk of current holdings, from arrays: pure, and the same for the same input bit for bit."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from application.benchmark.path import BenchmarkPath
from application.market.history import Flag, Floats
from application.market.risk_free import rate_flags
from application.risk.concentrations import concentration, liquidity_of, sector_exposure
from application.risk.figures import Figures, tell_ratios, tell_relative, too_few
from application.risk.fingerprint import inputs_hash
from application.risk.inputs import RiskInputs
from application.risk.macro import tell_macro
from application.risk.regimes import RegimeCache
from application.risk.scenarios import Scenarios, scenarios_of
from application.risk.tails import TAILS, components_of, correlations_of, tell_tails
from application.valuation.book import Book
from domain.risk import DataFlag, Method, RiskSnapshot, UsedBenchmark, UsedRate
from domain.unavailable import Missing

RELATIVE: Final = ("tracking_error", "information_ratio", "beta")
OF_RETURNS: Final = (
    *TAILS, "portfolio_vol_30d", "portfolio_vol_90d", "volatility", "sharpe_ratio", "sortino_ratio", "max_drawdown",
)  # fmt: skip
COVERAGE_MIN: Final = 0.5
NO_VALUE: Final = Missing(code="no_value", detail="Nothing of positive value is held and covered by prices.")
NO_VOLUME: Final = Missing(
    code="no_volume",
    detail="No trading volume of the last weeks is known of any holding; older ones do not count.",
)


def measure_risk(
    book: Book, inputs: RiskInputs, *, method: Method = "historical", regimes: RegimeCache | None = None
) -> RiskSnapshot:
    """Return the risk of what a book holds on its last day.

    Today's weights meet each past day's returns: what the portfolio would have returned had it always been as it
    is now. Cash in the portfolio's currency returns 0, in others what its rate does. Positions with fewer than 60
    returns are left out and named, and taken to behave like the other positions; where they are the larger part,
    nothing is told.

    regimes : keep one per process; it saves fitting the same model again.
    """
    identity = inputs_hash(book, inputs, method)
    seed = int(identity[:16], 16)
    past = past_of(inputs)
    missing = nothing_to_measure(past)
    portfolio = None if missing else past.returns @ past.weights
    figures = Figures()
    _tell_returns(figures, inputs, past, portfolio, missing or NO_VALUE, method, seed)
    for name, value in concentration(book).items():
        figures.tell(name, value, NO_VALUE)
    regime, detail = tell_macro(figures, inputs, past, portfolio, regimes or RegimeCache())
    correlations = None if missing else correlations_of(past)
    liquidity = liquidity_of(inputs)
    figures.explain("correlation_matrix", correlations, missing or NO_VALUE)
    figures.explain("liquidity", liquidity, NO_VOLUME if book.total[-1] > 0 else NO_VALUE)
    told: dict[str, Any] = figures.values | _data(inputs, past, missing)
    return RiskSnapshot(
        as_of=inputs.as_of,
        currency=book.currency,
        total_value=book.worth,
        macro_regime=regime,
        macro_regime_detail=detail,
        sector_exposure=sector_exposure(book),
        correlation_matrix=correlations,
        components=[] if missing else components_of(past, method, seed=seed),
        liquidity=liquidity,
        method=method,
        inputs_hash=identity,
        unavailable=figures.unavailable,
        **told,
    )


def past_of(inputs: RiskInputs) -> Scenarios:
    """Return what the holdings would have returned, the benchmark standing in where nothing is known."""
    benchmark = inputs.benchmark
    if isinstance(benchmark, Missing):
        return scenarios_of(inputs.current, None, "")
    return scenarios_of(inputs.current, benchmark.returns, benchmark.ticker)


def _tell_returns(
    figures: Figures,
    inputs: RiskInputs,
    past: Scenarios,
    portfolio: Floats | None,
    missing: Missing,
    method: Method,
    seed: int,
) -> None:
    """Tell what follows from the portfolio's returns, or why nothing does."""
    benchmark = inputs.benchmark
    if portfolio is None:
        figures.withhold(OF_RETURNS + RELATIVE, missing)
        return
    tell_tails(figures, portfolio, method, seed=seed)
    tell_ratios(figures, portfolio, inputs.risk_free.value)
    if isinstance(benchmark, Missing):
        figures.withhold(RELATIVE, benchmark)
    else:
        tell_relative(figures, portfolio, benchmark.returns[past.first_day :])


def nothing_to_measure(past: Scenarios) -> Missing | None:
    """Return why nothing can be told of this past; None where something can."""
    if past.coverage < COVERAGE_MIN:
        detail = f"Only {past.coverage:.0%} of the positions' value has a past to measure by."
        return Missing(code="too_little_covered", detail=detail)
    if not np.isfinite(past.weights).all() or not len(past.holdings):
        return NO_VALUE
    return too_few(len(past.days), 2) if len(past.days) < 2 else None


def _data(inputs: RiskInputs, past: Scenarios, missing: Missing | None) -> dict[str, Any]:
    """What the figures were computed from."""
    benchmark = inputs.benchmark if isinstance(inputs.benchmark, BenchmarkPath) else None
    measured = missing is None
    flags = (*inputs.flags, *(() if benchmark is None else benchmark.flags))
    doubts = (*_said_once(flags), *rate_flags(inputs.risk_free, inputs.as_of))
    return {
        "window": inputs.window,
        "n_observations": len(past.days) if measured else 0,
        "data_from": past.days[0].item() if measured else None,
        "data_to": past.days[-1].item() if measured else None,
        "coverage": past.coverage,
        "risk_free_rate": _rate(inputs),
        "benchmark": None if benchmark is None else _benchmark(benchmark),
        "proxies": list(past.proxies),
        "excluded": list(past.excluded),
        "data_quality": [DataFlag(ticker=one.ticker, code=one.code, detail=one.detail) for one in doubts],
    }


def _said_once(flags: tuple[Flag, ...]) -> Iterator[Flag]:
    """Yield flags without repetition, one per currency for old rates: the value's before the returns'."""
    old: set[str] = set()
    for flag in dict.fromkeys(flags):
        if flag.code != "old_fx":
            yield flag
        elif flag.ticker not in old:
            old.add(flag.ticker)
            yield flag


def _rate(inputs: RiskInputs) -> UsedRate:
    rate = inputs.risk_free
    return UsedRate(
        value=rate.value, currency=rate.currency, source=rate.source, tenor=rate.tenor, date=rate.day
    )


def _benchmark(path: BenchmarkPath) -> UsedBenchmark:
    series = path.series if path.level_ticker is None else path.level_ticker
    return UsedBenchmark(ticker=path.ticker, series=series, source=path.source, note=path.note)
