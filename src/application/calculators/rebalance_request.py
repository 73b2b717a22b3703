"""What the rebalance calculator is sent and what it answers; money is in one currency, weights are fractions."""

from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from domain.currencies import Currency
from domain.drift import AllocationType, BandKind

HOLDINGS_MAX: Final = 2_000
ALLOCATIONS_MAX: Final = 500
NAMED: Final = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*(?!\n)$"
AssetClass = Literal[
    "equity", "fixed_income", "cash", "alternatives", "derivatives", "real_estate", "commodity", "crypto"
]


def _decimal(description: str, **bounds: float) -> Meta:
    """Return the annotation of an exact decimal, whose bounds the API checks as JSON Schema names them."""
    return Meta(description=description, extra_json_schema=bounds)


Symbol = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=NAMED, description="Ticker symbol.", examples=["AAPL"])
]


class RebalanceHolding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One holding, or with quantity 0 an instrument that may be bought; `symbol` and `ticker` mean the same."""

    symbol: Annotated[Symbol | None, Meta(description="Ticker symbol, as `ticker`.", examples=["AAPL"])] = (
        None
    )
    ticker: Annotated[Symbol | None, Meta(description="Ticker symbol, as `symbol`.", examples=["AAPL"])] = (
        None
    )
    quantity: Annotated[Decimal, _decimal("Units held; negative is a short position.")]
    price: Annotated[Decimal, _decimal("Price per unit, in the portfolio's currency.", exclusiveMinimum=0)]
    asset_class: Annotated[
        AssetClass, Meta(description="Asset class; a holding of `cash` counts as cash.")
    ] = "equity"
    sector: Annotated[
        Annotated[str, Meta(max_length=200)] | None,
        Meta(description="Sector, as in `technology` or `Financials`."),
    ] = None
    geography: Annotated[
        Annotated[str, Meta(max_length=200)] | None, Meta(description="Country, ISO 3166-1 alpha-2.")
    ] = None
    isin: Annotated[
        Annotated[str, Meta(max_length=12)] | None,
        Meta(description="ISIN, under which a target may name it."),
    ] = None
    account: Annotated[str, Meta(max_length=200, description="Account it is held in; may be empty.")] = ""


class RebalanceAllocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The target of one bucket; min ≤ target ≤ max."""

    allocation_type: Annotated[AllocationType, Meta(description="What the buckets of the allocation are.")]
    bucket: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            pattern=NAMED,
            description="The bucket: a sector, an asset class (`cash` is one), a country code or a security.",
        ),
    ]
    target_weight: Annotated[
        Decimal, _decimal("Target weight, a fraction of total value.", minimum=0, maximum=1)
    ]
    min_weight: Annotated[
        Decimal, _decimal("Least weight allowed, a fraction of total value.", minimum=0, maximum=1)
    ] = Decimal(0)
    max_weight: Annotated[
        Decimal, _decimal("Greatest weight allowed, a fraction of total value.", minimum=0, maximum=1)
    ] = Decimal(1)
    band_kind: Annotated[
        BandKind | None,
        Meta(
            description="How `band` is meant. absolute: target ± band. relative: target ± band · target, by default "
            "0.25. hybrid: the narrower of target ± band and target ± 5 · band · target, by default 0.05. Null: "
            "`rebalance_threshold` counts."
        ),
    ] = None
    band: Annotated[
        Decimal | None,
        _decimal(
            "Half width of the band, a fraction (of total value, or of the target where it is relative).",
            minimum=0,
            maximum=1,
        ),
    ] = None


class RebalanceCalculatorOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to trade, and what the figures are in."""

    to: Annotated[
        Literal["target", "edge"],
        Meta(description="Trade to the targets, or only back to the edge of each band."),
    ] = "target"
    whole_shares: Annotated[bool, Meta(description="Trade whole units only.")] = False
    min_trade_value: Annotated[Decimal, _decimal("Smallest trade worth placing.", minimum=0)] = Decimal(0)
    cash_buffer: Annotated[
        Decimal, _decimal("Fraction of total value that stays in cash.", minimum=0, exclusiveMaximum=1)
    ] = Decimal(0)
    cost_bps: Annotated[
        Decimal, _decimal("Cost of a trade in basis points of its value.", minimum=0, maximum=10_000)
    ] = Decimal(0)
    fixed_cost: Annotated[Decimal, _decimal("Cost of each trade whatever its value.", minimum=0)] = Decimal(0)
    do_not_trade: Annotated[list[Symbol], Meta(max_length=1000, description="Tickers to leave alone.")] = []
    force: Annotated[
        bool, Meta(description="Trade whatever the drift; false: only where a bucket is outside its band.")
    ] = True
    rebalance_threshold: Annotated[
        Decimal,
        _decimal("Band of allocations without one of their own: drift, a fraction.", minimum=0, maximum=1),
    ] = Decimal("0.05")
    long_only: Annotated[bool, Meta(description="Whether nothing may be sold short.")] = True
    currency: Annotated[Currency, Meta(description="ISO 4217 code: how many decimals amounts have.")] = "USD"


class RebalanceRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Holdings with their prices, cash, and what weights are wanted."""

    holdings: Annotated[
        list[RebalanceHolding],
        Meta(max_length=HOLDINGS_MAX, description="What is held, and with quantity 0 what may be bought."),
    ]
    cash: Annotated[Decimal, _decimal("Cash; negative is borrowed.")] = Decimal(0)
    allocations: Annotated[
        list[RebalanceAllocation],
        Meta(
            min_length=1,
            max_length=ALLOCATIONS_MAX,
            description="Targets as the allocations endpoint takes them; those of one type sum to 1 at most.",
        ),
    ]
    options: Annotated[RebalanceCalculatorOptions, Meta(description="How to trade.")] = (
        RebalanceCalculatorOptions()
    )


class CalculatedTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One order to place."""

    ticker: Annotated[str, Meta(description="Ticker symbol.")]
    symbol: Annotated[str, Meta(description="The same.")]
    account: Annotated[str, Meta(description="Account to trade in; may be empty.")]
    side: Annotated[Literal["buy", "sell"], Meta(description="Direction.")]
    quantity: Annotated[Decimal, _decimal("Units to trade, positive.")]
    estimated_price: Annotated[Decimal, _decimal("Price per unit, as it was sent.")]
    value: Annotated[Decimal, _decimal("Quantity times price, positive.")]
    cost: Annotated[Decimal, _decimal("Cost of the trade, positive.")]


class CalculatedBucket(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket before or after the trades."""

    allocation_type: Annotated[AllocationType, Meta(description="What the bucket is.")]
    bucket: Annotated[str, Meta(description="The bucket.")]
    actual_weight: Annotated[Decimal | None, _decimal("Weight, a signed fraction of total value.")]
    target_weight: Annotated[Decimal | None, _decimal("Target weight, a fraction; null without a target.")]
    drift: Annotated[Decimal | None, _decimal("Actual less target weight, a fraction.")]
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
    total_value: Annotated[Decimal, _decimal("Value of the holdings before the trades, cash included.")]
    rebalance_needed: Annotated[bool, Meta(description="Whether any bucket was outside its band.")]
    trades: Annotated[list[CalculatedTrade], Meta(description="What to trade, sales first; may be empty.")]
    turnover_one_way: Annotated[
        Decimal, _decimal("Half of what is bought and sold, a fraction of total value.")
    ]
    turnover_two_way: Annotated[Decimal, _decimal("What is bought and sold, a fraction of total value.")]
    total_cost: Annotated[Decimal, _decimal("Cost of all trades.")]
    residual_cash: Annotated[Decimal, _decimal("Cash after all trades and their costs.")]
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
