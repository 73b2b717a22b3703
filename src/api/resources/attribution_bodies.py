"""Attributions and factor exposures as they go out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from domain.attribution import AttributionSnapshot
from domain.factors import FactorSnapshot

OfPortfolio = Annotated[UUID, Meta(description="The portfolio.")]
ComputedAt = Annotated[datetime, Meta(tz=True, description="When it was computed, UTC.")]


class PortfolioAttribution(AttributionSnapshot, frozen=True, kw_only=True):
    """Where the active return of one portfolio came from; fractions."""

    portfolio_id: OfPortfolio
    computed_at: ComputedAt


class PortfolioFactors(FactorSnapshot, frozen=True, kw_only=True):
    """The factor exposures of one portfolio's current holdings."""

    portfolio_id: OfPortfolio
    computed_at: ComputedAt
