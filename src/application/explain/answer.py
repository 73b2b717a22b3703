"""What explains a change: steps that add up to it, and what each position added to them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from application.explain.request import Metric
from domain.risk import DataFlag

Stage = Literal[
    "data_corrections",
    "scenarios",
    "prices",
    "fx",
    "income",
    "trades",
    "holdings_changes",
    "flows",
    "targets",
]
Day = date
Amount = Annotated[Decimal, Meta(description="In the portfolio's currency.")]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the bridge: everything else as it was, this one thing changed."""

    stage: Annotated[
        Stage,
        Meta(
            description="data_corrections: told later about the first day. scenarios (value at risk only): the past "
            "days it is measured by. prices, fx: of what was held. income: dividends. trades: purchases and sales "
            "against cash. holdings_changes: securities that came or went without cash. flows: cash that came or "
            "went, dividends paid out included. targets (drift only): what was aimed at."
        ),
    ]
    contribution: Annotated[
        Decimal, Meta(description="What the step adds to the figure; all of them sum to `change`.")
    ]
    value_after: Annotated[Decimal, Meta(description="The figure after this step and those before it.")]
    sentence: Annotated[str, Meta(description="The step in words.")]


class PositionBridge(msgspec.Struct, frozen=True, kw_only=True):
    """One position, or the cash of one currency: its value, and what each step added to it."""

    ticker: Annotated[str, Meta(description="Ticker; a cash balance is `CASH:` and its currency.")]
    position_id: Annotated[UUID | None, Meta(description="The position; null for a cash balance.")]
    account: Annotated[str | None, Meta(description="The position's account; null for a cash balance.")]
    start: Amount
    data_corrections: Amount
    prices: Amount
    fx: Amount
    income: Amount
    trades: Amount
    holdings_changes: Amount
    flows: Amount
    end: Amount


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The bridge between a figure at the close of two days; there is no residual."""

    portfolio_id: Annotated[UUID, Meta(description="The portfolio.")]
    metric: Annotated[Metric, Meta(description="The figure that is explained.")]
    unit: Annotated[
        Literal["money", "fraction"],
        Meta(description="money: the portfolio's currency; fraction: 0.01 is 1 %."),
    ]
    currency: Annotated[str, Meta(description="The portfolio's currency, ISO 4217.")]
    allocation_type: Annotated[
        str | None, Meta(description="What kind of bucket is explained; null where none is.")
    ]
    bucket: Annotated[
        str | None, Meta(description="The bucket whose weight or drift is explained; null for none.")
    ]
    first_day: Annotated[Day, Meta(description="Day at whose close the bridge begins.")] = msgspec.field(
        name="from"
    )
    last_day: Annotated[Day, Meta(description="Day at whose close it ends.")] = msgspec.field(name="to")
    start: Annotated[Decimal, Meta(description="The figure at the beginning.")]
    end: Annotated[Decimal, Meta(description="The figure at the end.")]
    change: Annotated[Decimal, Meta(description="end - start, and the sum of all contributions.")]
    contributions: Annotated[list[Step], Meta(description="The steps in their order.")]
    positions: Annotated[
        list[PositionBridge],
        Meta(
            description="What each position and balance added, the largest change first; of total_value only."
        ),
    ]
    explanation: Annotated[list[str], Meta(description="The bridge in sentences.")]
    data_quality: Annotated[list[DataFlag], Meta(description="Doubtful data in what was used.")]
