"""Every figure of a series of returns that was sent, and the reason for each that there is not."""

import math

import numpy as np

from analytics.performance import dispersion, growth, ratios, relative
from analytics.performance.arrays import Floats
from application.calculators.performance_request import (
    DrawdownRow,
    PerformanceAnswer,
    PerformanceConventions,
    PerformanceMetrics,
    PerformanceRequest,
)
from domain.errors import Refused
from domain.unavailable import Missing

AGAINST_BENCHMARK = (
    "alpha", "beta", "correlation", "tracking_error", "information_ratio", "up_capture", "down_capture",
    "treynor_ratio", "m_squared", "batting_average", "benchmark_total_return", "benchmark_annual_return",
)  # fmt: skip
_DISPERSED = frozenset(
    {"annual_volatility", "sharpe_ratio", "tracking_error", "information_ratio", "m_squared"}
)
_NO_BENCHMARK = Missing(code="no_benchmark", detail="No benchmark was sent.")
_NOT_FINITE = Missing(code="not_finite", detail="The figure is beyond what a number can hold.")
_FLAT_BENCHMARK = Missing(code="no_dispersion", detail="The benchmark's excess returns never change.")
_SAME = Missing(code="no_dispersion", detail="The active returns never change: the tracking error is zero.")
_FLAT = Missing(code="no_dispersion", detail="The returns never change.")
_WHY = {
    "sharpe_ratio": Missing(
        code="no_dispersion", detail="The excess returns never change: there is no volatility."
    ),
    "sortino_ratio": Missing(code="no_downside", detail="No return lies below mar."),
    "omega_ratio": Missing(code="no_downside", detail="No return lies below mar."),
    "calmar_ratio": Missing(code="no_drawdown", detail="Wealth never fell below an earlier peak."),
    "tail_ratio": Missing(code="no_tail", detail="The 5 % quantile of the returns is zero."),
    "skewness": _FLAT,
    "kurtosis": _FLAT,
    "m_squared": _FLAT,
    "correlation": Missing(code="no_dispersion", detail="The returns or the benchmark's never change."),
    "beta": _FLAT_BENCHMARK,
    "alpha": _FLAT_BENCHMARK,
    "information_ratio": _SAME,
    "up_capture": Missing(code="no_periods", detail="The benchmark is above zero in no period."),
    "down_capture": Missing(
        code="no_periods", detail="The benchmark lost nothing in its periods at or below zero."
    ),
    "treynor_ratio": Missing(code="no_beta", detail="Beta is zero or not known."),
    "stability": Missing(
        code="no_growth", detail="Cumulated log returns never change, or end in a total loss."
    ),
}


def calculate(request: PerformanceRequest) -> PerformanceAnswer:
    """Measure the returns; raises Refused where series differ in length."""
    if violations := list(request.violations()):
        raise Refused(" ".join(one.detail for one in violations), violations=violations)
    returns = np.array(request.returns, dtype=np.float64)
    with np.errstate(all="ignore"):
        figures = _figures(returns, request)
        drawdowns = growth.drawdown_table(returns)
    known = {name: figure if math.isfinite(figure) else None for name, figure in figures.items()}
    return PerformanceAnswer(
        metrics=PerformanceMetrics(**known),
        drawdowns=[
            DrawdownRow(**{name: getattr(one, name) for name in DrawdownRow.__struct_fields__})
            for one in drawdowns
        ],
        n_observations=len(returns),
        conventions=_conventions(request),
        unavailable={
            name: _reason(name, figures[name], request) for name, figure in known.items() if figure is None
        },
    )


def _figures(returns: Floats, request: PerformanceRequest) -> dict[str, float]:
    free = np.array(request.risk_free, dtype=np.float64)
    figures = _own(returns, free, request)
    if request.benchmark is None:
        return figures | dict.fromkeys(AGAINST_BENCHMARK, math.nan)
    return figures | _against(returns, np.array(request.benchmark, dtype=np.float64), free, request)


def _own(returns: Floats, free: Floats, request: PerformanceRequest) -> dict[str, float]:
    year, ddof, mar = request.periods_per_year, request.ddof, request.mar
    return {
        "total_return": growth.total_return(returns),
        "annual_return": growth.annual_return(returns, year),
        "annual_volatility": dispersion.annual_volatility(returns, year, ddof=ddof),
        "sharpe_ratio": ratios.sharpe_ratio(
            returns, year, risk_free=free, ddof=ddof, annualisation=request.annualisation
        ),
        "sortino_ratio": ratios.sortino_ratio(returns, year, mar=mar),
        "calmar_ratio": ratios.calmar_ratio(returns, year),
        "omega_ratio": ratios.omega_ratio(returns, mar=mar),
        "max_drawdown": growth.max_drawdown(returns),
        "downside_risk": dispersion.downside_risk(returns, year, mar=mar),
        "tail_ratio": dispersion.tail_ratio(returns),
        "stability": dispersion.stability(returns),
        "skewness": dispersion.skewness(returns),
        "kurtosis": dispersion.kurtosis(returns),
        "value_at_risk": dispersion.value_at_risk(returns, confidence=request.confidence),
        "conditional_value_at_risk": dispersion.conditional_value_at_risk(
            returns, confidence=request.confidence
        ),
        "ulcer_index": growth.ulcer_index(returns),
        "best_period": float(returns.max()),
        "worst_period": float(returns.min()),
        "positive_share": ratios.share_of_gains(returns),
    }


def _against(
    returns: Floats, benchmark: Floats, free: Floats, request: PerformanceRequest
) -> dict[str, float]:
    year, ddof, how = request.periods_per_year, request.ddof, request.annualisation
    return {
        "alpha": relative.alpha(returns, benchmark, year, risk_free=free),
        "beta": relative.beta(returns, benchmark, risk_free=free),
        "correlation": relative.correlation(returns, benchmark),
        "tracking_error": relative.tracking_error(returns, benchmark, year, ddof=ddof),
        "information_ratio": relative.information_ratio(
            returns, benchmark, year, ddof=ddof, annualisation=how
        ),
        "up_capture": relative.capture(returns, benchmark, up=True),
        "down_capture": relative.capture(returns, benchmark, up=False),
        "treynor_ratio": relative.treynor_ratio(returns, benchmark, year, risk_free=free, annualisation=how),
        "m_squared": relative.m_squared(returns, benchmark, year, risk_free=free, ddof=ddof),
        "batting_average": relative.batting_average(returns, benchmark),
        "benchmark_total_return": growth.total_return(benchmark),
        "benchmark_annual_return": growth.annual_return(benchmark, year),
    }


def _reason(name: str, figure: float, request: PerformanceRequest) -> Missing:
    if name in AGAINST_BENCHMARK and request.benchmark is None:
        return _NO_BENCHMARK
    if math.isinf(figure):
        return _NOT_FINITE
    needed = request.ddof + 1 if name in _DISPERSED else 2
    if len(request.returns) < max(needed, 2 if name in _WHY else 1):
        return Missing(
            code="too_few_observations",
            detail=f"{len(request.returns)} periods were sent and at least {max(needed, 2)} are needed.",
        )
    return _WHY.get(name, _NOT_FINITE)


def _conventions(request: PerformanceRequest) -> PerformanceConventions:
    return PerformanceConventions(
        periods_per_year=request.periods_per_year,
        ddof=request.ddof,
        mar=request.mar,
        annualisation=request.annualisation,
        confidence=request.confidence,
        risk_free="series" if isinstance(request.risk_free, list) else "constant",
    )
