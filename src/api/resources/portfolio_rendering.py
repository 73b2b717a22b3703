"""From a portfolio, or its row, to what is answered."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, cast

import msgspec

from api.encoding import encode
from api.resources.portfolio_bodies import (
    PortfolioDetail,
    PortfolioState,
    PortfolioSummary,
    RebalancePolicy,
    RegisteredPortfolio,
    RiskFigures,
)
from api.resources.rounding import money, percent
from api.resources.unavailable import NO_TARGETS, NOT_YET, NOTHING_HELD, Reasons, Unavailable, no_rate
from domain.policy import RebalanceOptions
from domain.portfolio import Portfolio
from domain.unavailable import Missing
from projections.analyses import Figures
from projections.portfolio_rows import ListedPortfolio, PortfolioLine, PortfolioRow

HEADLINE: Final = ("day_change", "day_change_percent", "ytd_return", "active_return_ytd")
LISTED: Final = (*HEADLINE, "var_95_1d", "sharpe_ratio", "macro_regime")
"""Figures that agents compute and lists show."""
IN_THE_PAST: Final = Unavailable(
    code="not_computed",
    detail="Of the past these figures are computed where they are asked for: /risk and /performance take as_of.",
)
_UNTOLD: Final = b"null"
_ALL_TOLD: Final = b"{}"
_SAID: Final = (
    "name",
    "portfolio_type",
    "currency",
    "description",
    "benchmark_ticker",
    "inception_date",
    "rebalance_threshold",
    "metadata",
    "rebalance_policy",
    "policy_version",
    "is_active",
    "version",
)
"""What the aggregate knows better than a row that may be behind."""


def registered(portfolio: Portfolio, cash: Decimal) -> RegisteredPortfolio:
    """Return the answer to a registration."""
    return RegisteredPortfolio(
        portfolio_id=portfolio.id,
        name=portfolio.name,
        portfolio_type=portfolio.portfolio_type,  # type: ignore[arg-type]
        currency=portfolio.currency,  # type: ignore[arg-type]
        tenant_id=portfolio.tenant_id,
        description=portfolio.description,
        inception_date=portfolio.inception_date,
        benchmark_ticker=portfolio.benchmark_ticker,
        rebalance_threshold=portfolio.rebalance_threshold,
        rebalance_policy=policy(portfolio.rebalance_policy),
        metadata=portfolio.metadata,
        cash_balance=cash,
        is_active=portfolio.is_active,
        version=portfolio.version,
    )


def summary(row: ListedPortfolio) -> PortfolioSummary:
    """Return a line of the list."""
    return PortfolioSummary(
        portfolio_id=row.portfolio_id,
        name=row.name,
        description=row.description,
        portfolio_type=row.portfolio_type,  # type: ignore[arg-type]
        currency=row.currency,  # type: ignore[arg-type]
        aum_usd_mm=money(row.aum_usd_mm),
        total_value=money(row.total_value),
        cash_balance=money(row.cash_balance),
        day_change=money(row.day_change),
        day_change_percent=percent(row.day_change_percent),
        position_count=row.position_count,
        benchmark_ticker=row.benchmark_ticker,
        ytd_return=row.ytd_return,
        active_return_ytd=row.active_return_ytd,
        var_95_1d=row.var_95_1d,
        sharpe_ratio=row.sharpe_ratio,
        max_drift_pct=percent(row.max_drift_pct),
        rebalance_needed=row.rebalance_needed,
        macro_regime=row.macro_regime,
        is_active=row.is_active,
        created_at=row.created_at,
        projected_at=row.projected_at,
        unavailable=_reasons(
            row.currency,
            row.aum_usd_mm is None,
            row.max_drift_pct is None,
            bytes(row.unavailable),
            row.position_count == 0,
        ),
    )


def detail(row: PortfolioRow, figures: Figures | None, *, past: bool = False) -> PortfolioDetail:
    """Return a portfolio in full; `past` says that another moment than now is shown."""
    why = IN_THE_PAST if past else _why_untold(empty=row.position_count == 0)
    told = {} if figures is None else _headline(figures)
    reasons = (
        dict.fromkeys((*HEADLINE, "risk"), why) if figures is None else _explained(figures.told, HEADLINE)
    )
    return PortfolioDetail(
        portfolio=PortfolioState(
            id=row.portfolio_id,
            name=row.name,
            description=row.description,
            portfolio_type=row.portfolio_type,  # type: ignore[arg-type]
            currency=row.currency,  # type: ignore[arg-type]
            aum_usd_mm=money(row.aum_usd_mm),
            total_value=money(row.total_value),
            cash_balance=money(row.cash_balance),
            rebalance_threshold=Decimal(str(row.rebalance_threshold)),
            rebalance_policy=policy(row.rebalance_policy),
            policy_version=row.policy_version,
            benchmark_ticker=row.benchmark_ticker,
            inception_date=row.inception_date,
            metadata=row.metadata,
            max_drift_pct=percent(row.max_drift_pct),
            rebalance_needed=row.rebalance_needed,
            prices_as_of=row.prices_as_of,
            valued_on=row.valued_on,
            **told,
            is_active=row.is_active,
            created_at=row.created_at,
            projected_at=row.projected_at,
            version=row.version,
        ),
        position_count=row.position_count,
        risk=None if figures is None else _risk(figures),
        unavailable={**reasons, **_missing(row)},
    )


def _headline(figures: Figures) -> dict[str, Decimal | None]:
    return {
        "day_change": money(figures.day_change),
        "day_change_percent": percent(figures.day_change_percent),
        "ytd_return": figures.ytd_return,
        "active_return_ytd": figures.active_return_ytd,
    }


def newest_position(row: PortfolioRow, figures: Figures | None) -> int:
    """Return the position of the newest event that a portfolio's answer shows, so that its tag moves with figures."""
    return row.position if figures is None else max(row.position, figures.position)


def _risk(figures: Figures) -> RiskFigures:
    names = [name for name in RiskFigures.__struct_fields__ if name != "unavailable"]
    reasons = _explained(figures.reasons, names)
    if figures.refusal is not None:
        untold = [name for name in names if getattr(figures, name) is None and name != "as_of"]
        reasons = dict.fromkeys(untold, _unavailable(figures.refusal))
    return RiskFigures(**{name: getattr(figures, name) for name in names}, unavailable=reasons)


def _explained(reasons: Mapping[str, Missing], names: Collection[str]) -> dict[str, Unavailable]:
    return {name: _unavailable(why) for name, why in reasons.items() if name in names}


def _unavailable(why: Missing) -> Unavailable:
    return Unavailable(code=why.code, detail=why.detail)


def _why_untold(*, empty: bool) -> Unavailable:
    return NOTHING_HELD if empty else NOT_YET


def policy(options: RebalanceOptions | Mapping[str, Any]) -> RebalancePolicy:
    """Return the rebalance policy, from the aggregate or from stored JSON."""
    return msgspec.convert(msgspec.to_builtins(options), RebalancePolicy)


def said_by(portfolio: Portfolio) -> dict[str, Any]:
    """Return what a portfolio says of itself now, apart from what later commands do to it."""
    return {name: getattr(portfolio, name) for name in _SAID}


def row_of(
    portfolio: Portfolio, *, position: int, created_at: datetime, projected_at: datetime
) -> PortfolioRow:
    """Return a portfolio as the row that a projection would have written, not valued yet."""
    return PortfolioRow(
        tenant_id=portfolio.tenant_id,
        portfolio_id=portfolio.id,
        created_at=created_at,
        position=position,
        projected_at=projected_at,
        **said_by(portfolio),
    )


def _missing(row: PortfolioLine) -> dict[str, Unavailable]:
    return _of_totals(row.currency, row.aum_usd_mm is None, row.max_drift_pct is None)


def _of_totals(currency: str, no_aum: bool, no_drift: bool) -> dict[str, Unavailable]:
    missing = {"aum_usd_mm": no_rate(currency, "USD")} if no_aum else {}
    return missing | ({"max_drift_pct": NO_TARGETS} if no_drift else {})


@lru_cache(4096)
def _reasons(currency: str, no_aum: bool, no_drift: bool, figures: bytes, empty: bool) -> Reasons:
    """Return the reasons of a line in the list, encoded once: most lines have the same.

    figures : JSON that says why figures are null, `null` where none was computed.
    """
    totals = _of_totals(currency, no_aum, no_drift)
    if figures == _ALL_TOLD:
        return cast("Reasons", msgspec.Raw(encode(totals)))
    why = _why_untold(empty=empty)
    told = dict.fromkeys(LISTED, why) if figures == _UNTOLD else msgspec.json.decode(figures)
    return cast("Reasons", msgspec.Raw(encode({**told, **totals})))
