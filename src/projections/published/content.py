"""The content of published events as other programs read it: exact figures, ids spelled out."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, get_type_hints
from uuid import UUID

import msgspec

from domain.drift import AllocationType
from domain.policy import RebalanceOptions
from domain.price_age import PriceAge
from domain.rebalancing import Recommendation, RecommendedTrade
from domain.trades import Conflict

Moment = Annotated[datetime, msgspec.Meta(tz=True)]

ENVELOPE = frozenset(
    {"originator_id", "originator_version", "timestamp", "originator_id_type", "effective_at", "tenant_id"}
)
"""Attributes of an event that its envelope carries, and what is no attribute at all."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that a revision changed; those it left alone are absent."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    benchmark_ticker: str | msgspec.UnsetType | None = msgspec.UNSET
    rebalance_threshold: Decimal | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    rebalance_policy: RebalanceOptions | msgspec.UnsetType = msgspec.UNSET


ChosenOptions = msgspec.defstruct(
    "ChosenOptions",
    [
        (field.name, field.type | msgspec.UnsetType, msgspec.UNSET)
        for field in msgspec.structs.fields(RebalanceOptions)
    ],
    frozen=True,
    kw_only=True,
    module=__name__,
    namespace={"__doc__": "The options a request replaces; the portfolio's policy gives the others."},
)


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a recommendation was made: a bucket that left its band, or (`trigger`) the events that led to it.

    Weights, drift and thresholds are fractions; drift is actual minus target. One with a `code` is a warning about
    the data: `stale`, `jump` or `split_suspect`.
    """

    explanation: str
    code: str | None = None
    trigger: list[str] | None = None
    allocation_type: AllocationType | None = None
    bucket: str | None = None
    actual_weight: Decimal | None = None
    target_weight: Decimal | None = None
    drift: Decimal | None = None
    threshold: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    status: str | None = None


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket before or after the trades, as fractions of total value."""

    allocation_type: AllocationType
    bucket: str
    actual_weight: Decimal | None
    target_weight: Decimal | None
    drift: Decimal | None
    status: str


class HoldBackContent(msgspec.Struct, frozen=True, kw_only=True):
    """Why no recommendation is made; `prices` are those that are too old, the oldest first."""

    portfolio_id: UUID
    effective_at: Moment
    code: str
    reason: str
    prices: list[PriceAge]


class RecommendationContent(msgspec.Struct, frozen=True, kw_only=True):
    """A recommendation as `GET /v1/recommendations/{id}` answers it; weights are fractions."""

    recommendation_id: UUID
    id: UUID
    portfolio_id: UUID
    status: str
    created_at: Moment
    currency: str
    total_value: Decimal
    reasons: list[Reason]
    trades: list[RecommendedTrade]
    turnover_one_way: Decimal
    turnover_two_way: Decimal
    residual_cash: Decimal
    before: list[Weight]
    after: list[Weight]
    binding_constraints: list[str]
    conflicts: list[Conflict]
    excluded: list[str]
    solver: str
    policy: RebalanceOptions
    policy_version: int
    forced: bool
    supersedes: UUID | None
    prices_as_of: str | None
    expires_at: Moment


def recommendation_content(
    recommendation: Recommendation, *, status: str, created_at: datetime, supersedes: UUID | None
) -> RecommendationContent:
    """Return what is told of a recommendation; figures that the event keeps as text are typed again.

    What it keeps for our own bookkeeping is no part of the content.
    """
    plain: dict[str, Any] = msgspec.to_builtins(recommendation)
    told = plain | {
        "recommendation_id": plain["id"],
        "status": status,
        "created_at": created_at,
        "supersedes": supersedes,
    }
    return msgspec.convert(told, RecommendationContent)


def content_type(name: str, event_class: type[Any], **overrides: Any) -> type[msgspec.Struct]:
    """Return the content of an event that is told as it is stored: the portfolio's id, and its attributes."""
    hints = get_type_hints(event_class)
    attributes = [
        (attribute, overrides.get(attribute, hint))
        for attribute, hint in hints.items()
        if attribute not in ENVELOPE and attribute != "portfolio_id"
    ]
    fields: list[Any] = [("portfolio_id", UUID), ("effective_at", Moment), *attributes]
    return msgspec.defstruct(name, fields, kw_only=True, frozen=True, module=__name__)


def market_content_type(event_class: type[Any]) -> type[msgspec.Struct]:
    """Return the content of an event about market data: whose it is, and the event's attributes."""
    hints = get_type_hints(event_class)
    attributes = [(name, hint) for name, hint in hints.items() if name not in ENVELOPE]
    fields: list[Any] = [("owner", str), ("effective_at", Moment), *attributes]
    name = event_class.__qualname__.replace(".", "")
    return msgspec.defstruct(name, fields, kw_only=True, frozen=True, module=__name__)
