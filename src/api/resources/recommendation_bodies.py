"""Recommendations as they go out, and the answers to them as they come in.

The content is that of `projections.published.content`, which the stream entries carry too; here every field says
what it means.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from api.figures import exact
from api.resources.allocation_bodies import ConflictingTargets, HeldBack
from api.resources.fields import LINE, LimitUsed, Note, OffsetUsed, Tickers, Total
from api.resources.portfolio_bodies import RebalancePolicy

Status = Literal["open", "accepted", "declined", "superseded", "expired"]
Moment = Annotated[datetime, msgspec.Meta(tz=True, description="UTC.")]
Bucket = Annotated[str, msgspec.Meta(description="The bucket.")]
Kind = Annotated[str, msgspec.Meta(description="`sector`, `asset_class`, `geography` or `security`.")]


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a recommendation was made: a bucket that left its band, or what made the agent look."""

    explanation: Annotated[str, msgspec.Meta(description="The reason in words.")]
    code: Annotated[
        str | None,
        msgspec.Meta(description="Of a warning about the data: `stale`, `jump` or `split_suspect`."),
    ] = None
    trigger: Annotated[
        list[str] | None, msgspec.Meta(description="Types of the events that made the agent look.")
    ] = None
    allocation_type: Kind | None = None
    bucket: Bucket | None = None
    actual_weight: Annotated[Decimal | None, exact("Weight as it was, a signed fraction.")] = None
    target_weight: Annotated[Decimal | None, exact("Target weight, a fraction.")] = None
    drift: Annotated[Decimal | None, exact("Actual less target weight, a fraction.")] = None
    threshold: Annotated[Decimal | None, exact("The portfolio's threshold, a fraction.")] = None
    lower: Annotated[Decimal | None, exact("Lower edge of the band, a fraction.")] = None
    upper: Annotated[Decimal | None, exact("Upper edge of the band, a fraction.")] = None
    status: Annotated[str | None, msgspec.Meta(description="Where the bucket was.")] = None


class BucketWeight(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket before or after the trades."""

    allocation_type: Kind
    bucket: Bucket
    actual_weight: Annotated[Decimal | None, exact("Weight, a signed fraction of total value.")]
    target_weight: Annotated[Decimal | None, exact("Target weight, a fraction; null without a target.")]
    drift: Annotated[Decimal | None, exact("Actual less target weight, a fraction.")]
    status: Annotated[str, msgspec.Meta(description="Where the bucket is.")]


class RecommendedTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One order to place."""

    ticker: Annotated[str, msgspec.Meta(description="Ticker symbol.")]
    side: Annotated[str, msgspec.Meta(description="`buy` or `sell`.")]
    quantity: Annotated[Decimal, exact("Units to trade, positive.")]
    estimated_price: Annotated[Decimal, exact("Price per unit, in the portfolio's currency.")]
    value: Annotated[Decimal, exact("Quantity times price, positive, in the portfolio's currency.")]
    cost: Annotated[Decimal, exact("Cost of the trade, positive, in the portfolio's currency.")]
    account: Annotated[str, msgspec.Meta(description="Account to trade in; may be empty.")]
    instrument_id: Annotated[UUID, msgspec.Meta(description="The instrument.")]
    position_id: Annotated[
        UUID | None, msgspec.Meta(description="The position it changes; null where nothing is held.")
    ]


class RecommendationBody(msgspec.Struct, frozen=True, kw_only=True):
    """A recommendation to rebalance; money is in `currency`, weights are fractions of total value."""

    recommendation_id: Annotated[UUID, msgspec.Meta(description="The same as `id`, as the stream names it.")]
    id: Annotated[UUID, msgspec.Meta(description="The recommendation.")]
    portfolio_id: Annotated[UUID, msgspec.Meta(description="The portfolio to rebalance.")]
    status: Annotated[
        Status, msgspec.Meta(description="What became of it; only an open one can be answered.")
    ]
    created_at: Annotated[datetime, msgspec.Meta(tz=True, description="When it was made, UTC.")]
    expires_at: Annotated[datetime, msgspec.Meta(tz=True, description="Until when it can be accepted, UTC.")]
    currency: Annotated[str, msgspec.Meta(description="ISO 4217 code of all money in it.")]
    total_value: Annotated[Decimal, exact("Value of the portfolio before the trades, cash included.")]
    reasons: Annotated[list[Reason], msgspec.Meta(description="Why now.")]
    trades: Annotated[list[RecommendedTrade], msgspec.Meta(description="What to trade; may be empty.")]
    turnover_one_way: Annotated[Decimal, exact("Half of what is bought and sold, a fraction of total value.")]
    turnover_two_way: Annotated[Decimal, exact("What is bought and sold, a fraction of total value.")]
    residual_cash: Annotated[Decimal, exact("Cash after all trades and their costs.")]
    before: Annotated[list[BucketWeight], msgspec.Meta(description="The buckets before the trades.")]
    after: Annotated[list[BucketWeight], msgspec.Meta(description="The buckets after the trades.")]
    binding_constraints: Annotated[
        list[str], msgspec.Meta(description="Rules without which it would come nearer to the targets.")
    ]
    conflicts: Annotated[
        list[ConflictingTargets], msgspec.Meta(description="Targets that cannot hold together.")
    ]
    excluded: Annotated[list[str], msgspec.Meta(description="Tickers of positions that could not be valued.")]
    solver: Annotated[str, msgspec.Meta(description="How the trades were found.")]
    policy: Annotated[RebalancePolicy, msgspec.Meta(description="The options it was made with.")]
    policy_version: Annotated[int, msgspec.Meta(description="Version of threshold, policy and targets.")]
    forced: Annotated[bool, msgspec.Meta(description="Whether it was asked for whatever the drift.")]
    supersedes: Annotated[UUID | None, msgspec.Meta(description="The open recommendation that it replaced.")]
    prices_as_of: Annotated[str | None, msgspec.Meta(description="Day of the oldest price used.")]
    superseded_by: Annotated[UUID | None, msgspec.Meta(description="The recommendation that replaced it.")]
    decided_at: Annotated[
        datetime | None, msgspec.Meta(description="When it stopped being open, UTC; null while it is.")
    ]
    decided_by: Annotated[str | None, msgspec.Meta(description="Who accepted or declined it.")]
    decision_note: Annotated[
        str | None, msgspec.Meta(description="The note of who accepted or the reason of who declined it.")
    ]


class RecommendationPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of recommendations."""

    recommendations: Annotated[list[RecommendationBody], msgspec.Meta(description="The newest first.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class Acceptance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Taking a recommendation."""

    note: Note | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Refusing a recommendation."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=LINE, description="Why not.")]


class RequestRebalance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A look at the drift now; options that are left out are those of the portfolio's policy."""

    force: Annotated[
        bool, msgspec.Meta(description="Make a new recommendation whatever the drift, even an empty one.")
    ] = False
    to: Annotated[
        Literal["target", "edge"] | UnsetType,
        msgspec.Meta(description="Trade to the targets, or only back to the edge of each band."),
    ] = UNSET
    whole_shares: Annotated[bool | UnsetType, msgspec.Meta(description="Trade whole units only.")] = UNSET
    min_trade_value: Annotated[
        Decimal | UnsetType, exact("Smallest trade worth placing, in the portfolio's currency.", ge=0)
    ] = UNSET
    cash_buffer: Annotated[
        Decimal | UnsetType, exact("Fraction of total value that stays in cash.", ge=0, lt=1)
    ] = UNSET
    cost_bps: Annotated[
        Decimal | UnsetType, exact("Cost of a trade in basis points of its value.", ge=0, le=10_000)
    ] = UNSET
    fixed_cost: Annotated[
        Decimal | UnsetType, exact("Cost of each trade, in the portfolio's currency.", ge=0)
    ] = UNSET
    do_not_trade: Tickers | UnsetType = UNSET

    def options(self) -> dict[str, Any]:
        """Return the options that were said, as an event keeps them."""
        said: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in said.items() if name != "force"}


class RebalanceRequested(msgspec.Struct, frozen=True, kw_only=True):
    """The agent was asked to look."""

    portfolio_id: Annotated[UUID, msgspec.Meta(description="The portfolio.")]
    status: Annotated[Literal["rebalance_agent_triggered"], msgspec.Meta(description="Always the same.")] = (
        "rebalance_agent_triggered"
    )
    stream: Annotated[
        Literal["pm:rebalance:recommended"], msgspec.Meta(description="Where a recommendation appears.")
    ] = "pm:rebalance:recommended"
    held_back: Annotated[
        HeldBack | UnsetType,
        msgspec.Meta(
            description="Why nothing will be recommended although a bucket is outside its band; absent otherwise."
        ),
    ] = UNSET
    recommendation_id: Annotated[
        UUID | UnsetType,
        msgspec.Meta(description="With `Prefer: wait=N`, the recommendation that answers this request."),
    ] = UNSET
