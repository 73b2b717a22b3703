"""The recommendations made for one portfolio, and what became of each."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import msgspec
from eventsourcing.domain import event

from domain.aggregate import Aggregate, Opened
from domain.errors import Conflict, NotFound
from domain.price_age import PriceAge


class RecommendationNotFound(NotFound):
    """No recommendation of this tenant has the id."""

    def __init__(self, recommendation_id: UUID) -> None:
        super().__init__(f"There is no recommendation {recommendation_id}.")


class RecommendationClosed(Conflict):
    """Only an open recommendation can be accepted or declined."""

    def __init__(self, recommendation_id: UUID, status: str) -> None:
        super().__init__(f"Recommendation {recommendation_id} is {status}, not open.")


class RecommendedTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One order to place: units, and money in the portfolio's currency."""

    ticker: str
    instrument_id: UUID
    position_id: UUID | None
    account: str
    side: str
    quantity: Decimal
    estimated_price: Decimal
    value: Decimal
    cost: Decimal


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """Why now, what to trade, and what it leads to; weights are fractions, money in `currency`."""

    id: UUID
    portfolio_id: UUID
    currency: str
    total_value: Decimal
    reasons: list[dict[str, Any]]
    trades: list[RecommendedTrade]
    turnover_one_way: Decimal
    turnover_two_way: Decimal
    residual_cash: Decimal
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    binding_constraints: list[str]
    conflicts: list[dict[str, Any]]
    excluded: list[str]
    solver: str
    policy: dict[str, Any]
    policy_version: int
    forced: bool
    state_hash: str
    source_position: int
    prices_as_of: str | None
    expires_at: datetime


class HoldBack(msgspec.Struct, frozen=True, kw_only=True):
    """Why no recommendation is made although there is drift: prices too old to trade on."""

    portfolio_id: UUID
    code: str
    reason: str
    prices: list[PriceAge]
    state_hash: str
    source_position: int


def rebalancing_id(portfolio_id: UUID) -> UUID:
    """Return the id of the stream of a portfolio's recommendations."""
    return uuid5(portfolio_id, "rebalancing")


def recommendation_id(portfolio_id: UUID, policy_version: int, source_position: int) -> UUID:
    """Return the id of the one recommendation that an event can lead to under a policy."""
    return uuid5(portfolio_id, f"RebalanceAgent:{policy_version}:{source_position}")


class Rebalancing(Aggregate):
    """The dialogue with one portfolio's manager; at most one recommendation is open."""

    TOPIC = "rebalancing"

    class Started(Opened):
        TOPIC = "rebalancing.started"
        tenant_id: str
        portfolio_id: UUID

    class Recommended(Aggregate.Event):
        TOPIC = "rebalancing.recommended"
        recommendation: Recommendation
        supersedes: UUID | None

    class Accepted(Aggregate.Event):
        TOPIC = "rebalancing.accepted"
        portfolio_id: UUID
        recommendation_id: UUID
        note: str | None

    class Declined(Aggregate.Event):
        TOPIC = "rebalancing.declined"
        portfolio_id: UUID
        recommendation_id: UUID
        reason: str

    class Lapsed(Aggregate.Event):
        TOPIC = "rebalancing.lapsed"
        portfolio_id: UUID
        recommendation_id: UUID
        reason: str

    class HeldBack(Aggregate.Event):
        TOPIC = "rebalancing.held-back"
        hold_back: HoldBack

    @event(Started)
    def __init__(self, tenant_id: str, portfolio_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.portfolio_id = portfolio_id
        self.held_back_hash: str | None = None
        self.status: dict[UUID, str] = {}
        self.open_id: UUID | None = None
        self.expires_at: datetime | None = None
        self.state_hash: str | None = None
        self.answered_position = 0

    def answers(self, source_position: int) -> bool:
        """Return whether a recommendation already covers the event at this position."""
        return source_position <= self.answered_position

    def recommend(self, recommendation: Recommendation, *, at: datetime) -> None:
        """Make a recommendation; it supersedes the open one."""
        self.trigger_event(
            self.Recommended, recommendation=recommendation, supersedes=self.open_id, effective_at=at
        )

    @event(Recommended)
    def _apply_recommended(self, recommendation: Recommendation, supersedes: UUID | None) -> None:
        if supersedes is not None:
            self.status[supersedes] = "superseded"
        self.status[recommendation.id] = "open"
        self.open_id = recommendation.id
        self.expires_at = recommendation.expires_at
        self.state_hash = recommendation.state_hash
        self.held_back_hash = None
        self.answered_position = recommendation.source_position

    def hold_back(self, hold_back: HoldBack, *, at: datetime) -> None:
        """Say why no recommendation is made, once per state."""
        if hold_back.state_hash != self.held_back_hash:
            self.trigger_event(self.HeldBack, hold_back=hold_back, effective_at=at)

    @event(HeldBack)
    def _apply_held_back(self, hold_back: HoldBack) -> None:
        self.held_back_hash = hold_back.state_hash
        self.answered_position = hold_back.source_position

    def lapse(self, reason: str, *, at: datetime) -> None:
        """Close the open recommendation because what it was made for is gone."""
        if self.open_id is not None:
            self.trigger_event(
                self.Lapsed,
                portfolio_id=self.portfolio_id,
                recommendation_id=self.open_id,
                reason=reason,
                effective_at=at,
            )

    @event(Lapsed)
    def _apply_lapsed(self, recommendation_id: UUID) -> None:
        self._close(recommendation_id, "expired")
        self.state_hash = None

    def accept(self, recommendation_id: UUID, *, note: str | None, at: datetime) -> None:
        """Take a recommendation; placing the orders is up to whoever accepted it."""
        self._require_open(recommendation_id, at)
        self.trigger_event(
            self.Accepted,
            portfolio_id=self.portfolio_id,
            recommendation_id=recommendation_id,
            note=note,
            effective_at=at,
        )

    @event(Accepted)
    def _apply_accepted(self, recommendation_id: UUID) -> None:
        self._close(recommendation_id, "accepted")

    def decline(self, recommendation_id: UUID, *, reason: str, at: datetime) -> None:
        """Refuse a recommendation; the same state is not recommended again."""
        self._require_open(recommendation_id, at)
        self.trigger_event(
            self.Declined,
            portfolio_id=self.portfolio_id,
            recommendation_id=recommendation_id,
            reason=reason,
            effective_at=at,
        )

    @event(Declined)
    def _apply_declined(self, recommendation_id: UUID) -> None:
        self._close(recommendation_id, "declined")

    def _close(self, recommendation_id: UUID, status: str) -> None:
        self.status[recommendation_id] = status
        self.open_id = None

    def _require_open(self, recommendation_id: UUID, at: datetime) -> None:
        status = self.status.get(recommendation_id)
        if status is None:
            raise RecommendationNotFound(recommendation_id)
        if status == "open" and self.expires_at is not None and self.expires_at <= at:
            status = "expired"
        if status != "open":
            raise RecommendationClosed(recommendation_id, status)
