"""What applying a result would do: the question and its answer, without what computes it."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from application.optimization.answer import Metrics
from application.optimization.dataset import AssetFacts
from application.optimization.request import Terms
from domain.drift import AllocationType, BandKind, Target
from domain.trades import TradePlan
from domain.unavailable import Missing


class WhatIfTask(msgspec.Struct, frozen=True, kw_only=True):
    """Weights of a job's method, and the portfolio they would be applied to; figures are those of the job's dataset."""

    portfolio_id: UUID
    weights: dict[str, float]
    assets: list[AssetFacts]
    dataset_hash: str
    terms: Terms
    allocation_type: AllocationType
    band_kind: BandKind | None = None
    band: Decimal | None = None


class RiskOf(msgspec.Struct, frozen=True, kw_only=True):
    """What weights promise and risk, by the figures of the job.

    weights : by asset of the job, fractions of total value; they add up to 1 with `cash_weight`.
    covered : share of what is invested that the job's assets make up; the rest is taken to move as they do.
    """

    weights: dict[str, float]
    cash_weight: float
    covered: float
    metrics: Metrics | None
    unavailable: dict[str, Missing] = {}


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """What there would be: targets, the trades that lead to them, and the risk on both sides of the trades.

    plan : its `before` is today against the new targets.
    warnings : codes and sentences.
    """

    currency: str
    targets: tuple[Target, ...]
    removed: tuple[Target, ...]
    sold: tuple[str, ...]
    plan: TradePlan
    before: RiskOf
    after: RiskOf
    prices_as_of: date | None
    warnings: tuple[tuple[str, str], ...]
