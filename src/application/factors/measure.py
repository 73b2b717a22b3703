"""How the returns of what a portfolio holds now move with those of factors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isnan

import numpy as np

from analytics.factors import Collinear, Regression, TooFewObservations, regress, risk_shares
from application.factors.series import Dependent, aligned, dependent_of
from application.market.history import FactorSeries, Floats, MarketHistory
from application.valuation.book import Book
from application.valuation.current_returns import current_returns
from application.valuation.inputs_hash import inputs_hash
from application.valuation.left_out import left_out
from domain.errors import Refused, Violation
from domain.factors import (
    FACTORS,
    FactorExposure,
    FactorRisk,
    FactorSnapshot,
    JointLoading,
    JointRegression,
)
from domain.risk import DataFlag
from domain.unavailable import Missing

DAYS_PER_YEAR = 252
LEAST = 30
"""Daily returns below which a loading says nothing."""
METHOD = "least squares with an intercept, Newey-West errors; current holdings' returns, no risk-free rate taken off"
NO_HISTORY = "It has returns on fewer than half of the window's days."
NO_SERIES = "No returns of {name} are known on these days; POST /v1/market/factors/import takes them."


async def portfolio_factors(
    history: MarketHistory,
    tenant: str,
    book: Book,
    *,
    window: int = 252,
    known_at: datetime | None = None,
) -> FactorSnapshot:
    """Measure what the book's last holdings owe to factors over the last `window` daily returns.

    Raises Refused where too few returns of the holdings, or no factor series at all, are known.
    """
    current = await current_returns(history, tenant, book, window=window, known_at=known_at)
    dependent = dependent_of(current, window=window)
    if len(dependent.days) < LEAST:
        raise _too_few(dependent)
    first, last = _date(dependent.days[0]), _date(dependent.days[-1])
    series = await history.factors(tenant, start=first - timedelta(days=14), end=last, known_at=known_at)
    return measure_factors(book, dependent, series, window=window)


def measure_factors(book: Book, dependent: Dependent, series: FactorSeries, *, window: int) -> FactorSnapshot:
    """Regress returns on factor series, each by itself and all at once."""
    names = [*FACTORS, *sorted(set(series.names) - set(FACTORS))]
    factors = aligned(series, names, dependent.days)
    known = [at for at in range(len(names)) if (~np.isnan(factors[:, at])).sum() >= LEAST]
    if not known:
        raise _no_factors()
    missing: dict[str, Missing] = {}
    alone = [_alone(name, dependent.returns, factors[:, at], missing) for at, name in enumerate(names)]
    together = _together([names[at] for at in known], dependent.returns, factors[:, known], missing)
    return FactorSnapshot(
        as_of=_date(book.days[-1]),
        currency=book.currency,
        factors=alone,
        joint=together.joint if together else None,
        risk=together.risk if together else None,
        volatility=together.volatility if together else None,
        method=METHOD,
        lags=together.lags if together else None,
        window=window,
        n_observations=len(dependent.days),
        data_from=_date(dependent.days[0]),
        data_to=_date(dependent.days[-1]),
        coverage=dependent.coverage,
        inputs_hash=inputs_hash(
            book.currency, window, names, dependent.days, dependent.returns, factors, dependent.excluded
        ),
        source=series.source,
        excluded=left_out(dependent.excluded, no_history=NO_HISTORY),
        data_quality=[
            DataFlag(ticker=flag.ticker, code=flag.code, detail=flag.detail)
            for flag in dict.fromkeys((*book.flags, *dependent.flags))
        ],
        unavailable=missing,
    )


def _alone(name: str, returns: Floats, factor: Floats, missing: dict[str, Missing]) -> FactorExposure:
    rows = ~np.isnan(factor)
    fitted: Regression | None = None
    if rows.sum() < LEAST:
        missing[name] = Missing(code="no_data", detail=NO_SERIES.format(name=name))
    else:
        try:
            fitted = regress(returns[rows], factor[rows, None], errors="hac")
        except Collinear:
            missing[name] = Missing(code="no_variation", detail=f"The returns of {name} never vary.")
    one = fitted.loadings[0] if fitted else None
    return FactorExposure(
        factor_name=name,
        loading=one.value if one else None,
        t_stat=_known(one.t_stat) if one else None,
        p_value=_known(one.p_value) if one else None,
        std_error=one.std_error if one else None,
        r_squared=_known(fitted.r_squared) if fitted else None,
        window_days=int(rows.sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Together:
    joint: JointRegression
    risk: list[FactorRisk]
    volatility: float
    lags: int | None


def _together(
    names: Sequence[str], returns: Floats, factors: Floats, missing: dict[str, Missing]
) -> _Together | None:
    """Fit all factors at once on the days that all of them have; None, with the reason, where that cannot be."""
    rows = ~np.isnan(factors).any(axis=1)
    try:
        fitted = regress(returns[rows], factors[rows], errors="hac")
    except (Collinear, TooFewObservations) as refusal:
        for figure in ("joint", "risk", "volatility", "lags"):
            missing[figure] = _why_not(refusal, names)
        return None
    shares = risk_shares(np.array([one.value for one in fitted.loadings]), factors[rows], fitted.residuals)
    volatility = float(np.sqrt(shares.total * DAYS_PER_YEAR))
    return _Together(
        joint=_joint(fitted, names),
        risk=[
            _risk(name, variance, shares.total, volatility)
            for name, variance in zip(
                (*names, "specific"), (*shares.factors.tolist(), shares.specific), strict=True
            )
        ],
        volatility=volatility,
        lags=fitted.lags,
    )


def _joint(fitted: Regression, names: Sequence[str]) -> JointRegression:
    assert fitted.intercept is not None
    return JointRegression(
        intercept=fitted.intercept.value,
        intercept_t_stat=_known(fitted.intercept.t_stat),
        loadings=[
            JointLoading(
                factor_name=name,
                loading=one.value,
                t_stat=_known(one.t_stat),
                p_value=_known(one.p_value),
                std_error=one.std_error,
            )
            for name, one in zip(names, fitted.loadings, strict=True)
        ],
        r_squared=_known(fitted.r_squared),
        adj_r_squared=_known(fitted.adj_r_squared),
        residual_std_error=fitted.residual_std_error,
        n_observations=fitted.n_observations,
    )


def _risk(name: str, variance: float, total: float, volatility: float) -> FactorRisk:
    share = variance / total if total > 0 else 0.0
    return FactorRisk(
        factor_name=name, variance=variance * DAYS_PER_YEAR, volatility=share * volatility, share=share
    )


def _why_not(refusal: Collinear | TooFewObservations, names: Sequence[str]) -> Missing:
    if isinstance(refusal, TooFewObservations):
        detail = f"All factors are known together on {refusal.observations} days only."
        return Missing(code="too_few_observations", detail=detail)
    others = ", ".join(names[one] for one in refusal.others) or "a constant"
    return Missing(code="collinear", detail=f"{names[refusal.column]} is a combination of {others}.")


def _too_few(dependent: Dependent) -> Refused:
    detail = (
        f"Factor loadings need {LEAST} daily returns of what is held; {len(dependent.days)} are known. "
        "POST /v1/market/prices/import takes prices."
    )
    return Refused(detail, violations=[Violation(None, "too_few_observations", detail)])


def _no_factors() -> Refused:
    detail = "No factor returns are known on these days; POST /v1/market/factors/import takes them."
    return Refused(detail, violations=[Violation(None, "no_factor_data", detail)])


def _known(figure: float) -> float | None:
    return None if isnan(figure) else figure


def _date(day: np.datetime64) -> date:
    found: date = day.astype("datetime64[D]").item()
    return found
