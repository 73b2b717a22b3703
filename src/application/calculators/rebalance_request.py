"""What the rebalance calculator is sent; money is in one currency, weights are fractions."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from application.rebalancing.audit import plain
from domain.currencies import Currency
from domain.drift import AllocationType, BandKind
from domain.errors import Violation
from domain.portfolio import ASSET_CLASSES, normalised_bucket
from domain.rules import each, gathered

HOLDINGS_MAX: Final = 2_000
ALLOCATIONS_MAX: Final = 500
NAMED: Final = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*(?!\n)$"
Seen = set[tuple[str, str]]
AssetClass = Literal[
    "equity", "fixed_income", "cash", "alternatives", "derivatives", "real_estate", "commodity", "crypto"
]


def decimal_meta(description: str, **bounds: float) -> Meta:
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
    quantity: Annotated[Decimal, decimal_meta("Units held; negative is a short position.")]
    price: Annotated[
        Decimal, decimal_meta("Price per unit, in the portfolio's currency.", exclusiveMinimum=0)
    ]
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

    @property
    def name(self) -> str:
        """The ticker symbol as it is compared, whichever way it was sent."""
        return (self.symbol or self.ticker or "").strip().upper()


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
        Decimal, decimal_meta("Target weight, a fraction of total value.", minimum=0, maximum=1)
    ]
    min_weight: Annotated[
        Decimal, decimal_meta("Least weight allowed, a fraction of total value.", minimum=0, maximum=1)
    ] = Decimal(0)
    max_weight: Annotated[
        Decimal, decimal_meta("Greatest weight allowed, a fraction of total value.", minimum=0, maximum=1)
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
        decimal_meta(
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
    min_trade_value: Annotated[Decimal, decimal_meta("Smallest trade worth placing.", minimum=0)] = Decimal(0)
    cash_buffer: Annotated[
        Decimal, decimal_meta("Fraction of total value that stays in cash.", minimum=0, exclusiveMaximum=1)
    ] = Decimal(0)
    cost_bps: Annotated[
        Decimal, decimal_meta("Cost of a trade in basis points of its value.", minimum=0, maximum=10_000)
    ] = Decimal(0)
    fixed_cost: Annotated[Decimal, decimal_meta("Cost of each trade whatever its value.", minimum=0)] = (
        Decimal(0)
    )
    do_not_trade: Annotated[list[Symbol], Meta(max_length=1000, description="Tickers to leave alone.")] = []
    force: Annotated[
        bool, Meta(description="Trade whatever the drift; false: only where a bucket is outside its band.")
    ] = True
    rebalance_threshold: Annotated[
        Decimal,
        decimal_meta(
            "Band of allocations without one of their own: drift, a fraction.", minimum=0, maximum=1
        ),
    ] = Decimal("0.05")
    long_only: Annotated[bool, Meta(description="Whether nothing may be sold short.")] = True
    currency: Annotated[Currency, Meta(description="ISO 4217 code: how many decimals amounts have.")] = "USD"


class RebalanceRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Holdings with their prices, cash, and what weights are wanted."""

    holdings: Annotated[
        list[RebalanceHolding],
        Meta(max_length=HOLDINGS_MAX, description="What is held, and with quantity 0 what may be bought."),
    ]
    cash: Annotated[Decimal, decimal_meta("Cash; negative is borrowed.")] = Decimal(0)
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

    def violations(self) -> Iterator[Violation]:
        """Yield holdings without a name or with two, targets that cannot be, and what stands there twice."""
        return gathered(
            each(partial(_misnamed, seen=set()), self.holdings, "holdings"),
            each(partial(_misaimed, seen=set()), self.allocations, "allocations"),
            _sums_above_one(self.allocations),
        )


def _misnamed(one: RebalanceHolding, path: str, *, seen: Seen) -> Iterator[Violation]:
    return gathered(_unnamed(one, path), _named_two_ways(one, path), _held_twice(one, path, seen))


def _unnamed(one: RebalanceHolding, path: str) -> Iterator[Violation]:
    if one.symbol is None and one.ticker is None:
        yield Violation(f"{path}.symbol", "missing", "`symbol` (or `ticker`) is required")


def _named_two_ways(one: RebalanceHolding, path: str) -> Iterator[Violation]:
    if one.symbol is not None and one.ticker is not None and one.symbol != one.ticker:
        detail = "`ticker` is the same as `symbol`, but says something else"
        yield Violation(f"{path}.ticker", "contradiction", detail)


def _held_twice(one: RebalanceHolding, path: str, seen: Seen) -> Iterator[Violation]:
    key = one.name, one.account
    if key in seen:
        where = f" in account {one.account}" if one.account else ""
        detail = f"{one.name} stands in the holdings twice{where}"
        yield Violation(f"{path}.{'symbol' if one.symbol else 'ticker'}", "duplicate", detail)
    if one.name:
        seen.add(key)


def _misaimed(one: RebalanceAllocation, path: str, *, seen: Seen) -> Iterator[Violation]:
    return gathered(_below_least(one, path), _above_greatest(one, path), _aimed_twice(one, path, seen))


def _below_least(one: RebalanceAllocation, path: str) -> Iterator[Violation]:
    if one.min_weight > one.target_weight:
        detail = f"min_weight {one.min_weight} is above target_weight {one.target_weight}"
        yield Violation(f"{path}.min_weight", "above_target", detail)


def _above_greatest(one: RebalanceAllocation, path: str) -> Iterator[Violation]:
    if one.max_weight < one.target_weight:
        detail = f"max_weight {one.max_weight} is below target_weight {one.target_weight}"
        yield Violation(f"{path}.max_weight", "below_target", detail)


def _aimed_twice(one: RebalanceAllocation, path: str, seen: Seen) -> Iterator[Violation]:
    bucket = normalised_bucket(one.allocation_type, one.bucket)
    if one.allocation_type == "asset_class" and bucket not in ASSET_CLASSES:
        detail = f"Unknown asset_class '{one.bucket}'; known are {', '.join(ASSET_CLASSES)}"
        yield Violation(f"{path}.bucket", "unknown_bucket", detail)
    if (one.allocation_type, bucket) in seen:
        detail = f"{one.allocation_type} {bucket} has a target already"
        yield Violation(f"{path}.bucket", "duplicate", detail)
    seen.add((one.allocation_type, bucket))


def _sums_above_one(allocations: list[RebalanceAllocation]) -> Iterator[Violation]:
    sums: dict[str, Decimal] = {}
    for one in allocations:
        sums[one.allocation_type] = sums.get(one.allocation_type, Decimal(0)) + one.target_weight
    for kind, total in sums.items():
        if total > 1:
            yield Violation("allocations", "sum_above_one", f"Targets of type {kind} sum to {plain(total)}")
