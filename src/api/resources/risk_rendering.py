"""Snapshots as the resources tell them."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from api.resources.risk_bodies import AmountsAtRisk, PortfolioRisk, RiskDecomposition
from domain.risk import RiskSnapshot

_AMOUNTS: Final = {
    "var_95": "var_95_1d",
    "var_99": "var_99_1d",
    "var_999": "var_999_1d",
    "cvar_95": "cvar_95_1d",
    "cvar_99": "cvar_99_1d",
}
_ALIKE: Final = (
    "sharpe_ratio", "sortino_ratio", "max_drawdown", "beta", "correlation_matrix", "sector_exposure", "as_of",
)  # fmt: skip


def portfolio_risk(portfolio_id: UUID, snapshot: RiskSnapshot, computed_at: datetime) -> PortfolioRisk:
    """Return the answer in fractions."""
    told = RiskDecomposition(**msgspec.structs.asdict(snapshot), computed_at=computed_at)
    return PortfolioRisk(portfolio_id=portfolio_id, risk=told)


def amounts_at_risk(portfolio_id: UUID, snapshot: RiskSnapshot, computed_at: datetime) -> AmountsAtRisk:
    """Return the answer in amounts of the portfolio's currency."""
    told: dict[str, Any] = {name: getattr(snapshot, name) for name in _ALIKE}
    for name, source in _AMOUNTS.items():
        fraction = getattr(snapshot, source)
        told[name] = None if fraction is None else fraction * snapshot.total_value
    reasons = {
        name: reason
        for name in (*_AMOUNTS, *_ALIKE)
        if (reason := snapshot.unavailable.get(_AMOUNTS.get(name, name))) is not None
    }
    return AmountsAtRisk(
        portfolio_id=portfolio_id,
        currency=snapshot.currency,
        total_value=snapshot.total_value,
        **told,
        computed_at=computed_at,
        unavailable=reasons,
    )
