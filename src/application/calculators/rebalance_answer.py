"""What the rebalance calculator answers; money is in one currency, weights are fractions."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from application.calculators.rebalance_request import RebalanceCalculatorOptions, decimal_meta
from domain.drift import AllocationType


class CalculatedTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One order to place."""

    ticker: Annotated[str, Meta(description="Ticker symbol.")]
    symbol: Annotated[str, Meta(description="The same.")]
    account: Annotated[str, Meta(description="Account to trade in; may be empty.")]
    side: Annotated[Literal["buy", "sell"], Meta(description="Direction.")]
    quantity: Annotated[Decimal, decimal_meta("Units to trade, positive.")]
    estimated_price: Annotated[Decimal, decimal_meta("Price per unit, as it was sent.")]
    value: Annotated[Decimal, decimal_meta("Quantity times price, positive.")]
    cost: Annotated[Decimal, decimal_meta("Cost of the trade, positive.")]


class CalculatedBucket(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket before or after the trades."""

    allocation_type: Annotated[AllocationType, Meta(description="What the bucket is.")]
    bucket: Annotated[str, Meta(description="The bucket.")]
    actual_weight: Annotated[Decimal | None, decimal_meta("Weight, a signed fraction of total value.")]
    target_weight: Annotated[
        Decimal | None, decimal_meta("Target weight, a fraction; null without a target.")
    ]
    drift: Annotated[Decimal | None, decimal_meta("Actual less target weight, a fraction.")]
    status: Annotated[str, Meta(description="Where the bucket is: `inside`, `above`, `below` and so on.")]


class CalculatedConflict(msgspec.Struct, frozen=True, kw_only=True):
    """Targets that cannot hold together."""

    allocations: Annotated[list[str], Meta(description="The buckets, in words.")]
    explanation: Annotated[str, Meta(description="Why they cannot hold together.")]
    least_relaxation: Annotated[
        dict[str, Decimal],
        Meta(description="By bucket, the least fraction of total value by which it must give way."),
    ]


class RebalanceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Trades with their audit: what is there before and after, and what stood in the way."""

    currency: Annotated[str, Meta(description="ISO 4217 code of all money in it.")]
    total_value: Annotated[Decimal, decimal_meta("Value of the holdings before the trades, cash included.")]
    rebalance_needed: Annotated[bool, Meta(description="Whether any bucket was outside its band.")]
    trades: Annotated[list[CalculatedTrade], Meta(description="What to trade, sales first; may be empty.")]
    turnover_one_way: Annotated[
        Decimal, decimal_meta("Half of what is bought and sold, a fraction of total value.")
    ]
    turnover_two_way: Annotated[Decimal, decimal_meta("What is bought and sold, a fraction of total value.")]
    total_cost: Annotated[Decimal, decimal_meta("Cost of all trades.")]
    residual_cash: Annotated[Decimal, decimal_meta("Cash after all trades and their costs.")]
    before: Annotated[list[CalculatedBucket], Meta(description="The buckets before the trades.")]
    after: Annotated[list[CalculatedBucket], Meta(description="The buckets after the trades.")]
    binding_constraints: Annotated[
        list[str], Meta(description="Rules without which it would come nearer to the targets.")
    ]
    conflicts: Annotated[list[CalculatedConflict], Meta(description="Targets that cannot hold together.")]
    solver: Annotated[str, Meta(description="How the trades were found.")]
    proven_optimal: Annotated[
        bool, Meta(description="Whether nothing better exists in the documented order of objectives.")
    ]
    reason: Annotated[str | None, Meta(description="Why nothing was computed; null otherwise.")]
    conventions: Annotated[
        RebalanceCalculatorOptions, Meta(description="The options the figures were computed by.")
    ]
