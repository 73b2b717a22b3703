"""Risk as it goes out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.risk import CorrelationMatrix, RiskSnapshot
from domain.unavailable import Missing


class RiskDecomposition(RiskSnapshot, frozen=True, kw_only=True):
    """A risk snapshot, and when it was computed."""

    computed_at: Annotated[datetime, Meta(tz=True, description="When it was computed, UTC.")]


class PortfolioRisk(msgspec.Struct, frozen=True, kw_only=True):
    """The risk of one portfolio; fractions, losses positive, drawdowns negative."""

    portfolio_id: Annotated[UUID, Meta(description="The portfolio.")]
    risk: Annotated[RiskDecomposition, Meta(description="The figures, and what they were computed from.")]


class AmountsAtRisk(msgspec.Struct, frozen=True, kw_only=True):
    """The risk of one portfolio as amounts in its currency; losses are positive."""

    portfolio_id: Annotated[UUID, Meta(description="The portfolio.")]
    currency: Annotated[str, Meta(description="ISO 4217 code of the amounts.")]
    total_value: Annotated[float, Meta(description="Value of the holdings, cash included, an amount.")]
    var_95: Annotated[float | None, Meta(description="Loss of one day not exceeded with 95 %, an amount.")]
    var_99: Annotated[float | None, Meta(description="Loss of one day not exceeded with 99 %, an amount.")]
    var_999: Annotated[float | None, Meta(description="Loss of one day not exceeded with 99.9 %, an amount.")]
    cvar_95: Annotated[
        float | None, Meta(description="Mean loss of one day at or beyond `var_95`, an amount.")
    ]
    cvar_99: Annotated[
        float | None, Meta(description="Mean loss of one day at or beyond `var_99`, an amount.")
    ]
    sharpe_ratio: Annotated[float | None, Meta(description="Sharpe ratio, per year.")]
    sortino_ratio: Annotated[float | None, Meta(description="Sortino ratio, per year.")]
    max_drawdown: Annotated[
        float | None, Meta(description="Worst fall from a peak over the window, a negative fraction.")
    ]
    beta: Annotated[float | None, Meta(description="Slope of return on the benchmark's.")]
    correlation_matrix: Annotated[
        CorrelationMatrix | None, Meta(description="Correlations of the 30 largest positions.")
    ]
    sector_exposure: Annotated[
        dict[str, float], Meta(description="Signed weight by sector, `cash` included; fractions.")
    ]
    as_of: Annotated[date, Meta(description="Day of the holdings and of the newest price.")]
    computed_at: Annotated[datetime, Meta(tz=True, description="When it was computed, UTC.")]
    unavailable: Annotated[dict[str, Missing], Meta(description="Why figures are null, by their names.")]
