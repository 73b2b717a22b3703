"""Market data as arrays, for figures: what one tenant sees, as far as it was known at a moment.

Imports numpy: never from the API process.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from application.market.quotes import Listing, Name

Floats: TypeAlias = NDArray[np.float64]
Days: TypeAlias = NDArray[np.datetime64]
"""Days as datetime64[D], strictly ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Daily bars of several listings on the union of their days; NaN where a listing has no bar.

    close, adjusted, volume : arrays of shape (n_days, n_listings), in the order of `listing_ids`
        Prices in the listing's currency. `adjusted` is the total-return price (splits and dividends), equal to
        `close` where the data has no other. `volume` in units.
    """

    listing_ids: tuple[int, ...]
    days: Days
    close: Floats
    adjusted: Floats
    volume: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class CorporateAction:
    """A split (`value` new units per old one) or a dividend (`value` per unit, in `currency`)."""

    listing_id: int
    ex_date: date
    kind: Literal["split", "dividend"]
    value: Decimal
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRates:
    """Units of the target currency per unit of `source` on each asked day, NaN where none is known.

    fixed_on : day each rate was fixed on; more than seven days before the asked one means old, NaT means none.
    """

    source: str
    target: str
    rates: Floats
    fixed_on: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFreeRate:
    """Annual rate as a fraction, the newest on or before a day; value 0 and source None where none is known."""

    currency: str
    value: float
    source: str | None = None
    tenor: str | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constituent:
    """One member of a benchmark on the day its set begins; `weight` is a fraction."""

    ticker: str
    weight: float
    sector: str | None
    listing: Listing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstituentSet:
    """What a benchmark consists of from a day on, until the next set; weights drift with prices meanwhile."""

    day: date
    members: tuple[Constituent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkData:
    """A benchmark: its level series where it has one, its constituents where they are known.

    note : what stands in for what, such as an index for the fund that tracks it.
    """

    ticker: str
    name: str | None
    listing: Listing | None
    sets: tuple[ConstituentSet, ...]
    source: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorSeries:
    """Daily factor returns as fractions; shape (n_days, n_factors), NaN where a factor has none."""

    names: tuple[str, ...]
    days: Days
    returns: Floats
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something about the data that whoever reads a figure should know."""

    ticker: str
    code: Literal[
        "stale", "missing", "jump", "split_suspect", "no_history", "old_fx", "old_rate", "no_risk_free_rate"
    ]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class YieldSeries:
    """Annual yields of one currency and tenor by day, as fractions."""

    currency: str
    tenor: str
    days: Days
    rates: Floats
    source: str = ""
    extra: dict[str, str] = field(default_factory=dict)


class MarketHistory(Protocol):
    """Market data as one tenant sees it: its own before the shared set."""

    async def listings(
        self, tenant: str, names: Sequence[Name], *, known_at: datetime | None = None
    ) -> list[Listing | None]:
        """Return what each name means to the tenant, None where it means nothing.

        Matched by ISIN, then ticker and exchange, then ticker or alias; never a listing in another currency.
        """

    async def bars(
        self,
        tenant: str,
        listing_ids: Sequence[int],
        *,
        start: date | None = None,
        end: date | None = None,
        known_at: datetime | None = None,
        volume: bool = True,
    ) -> Bars:
        """Return the bars of listings between two days, both included; without `volume`, that is NaN."""

    async def actions(
        self, tenant: str, listing_ids: Sequence[int], *, known_at: datetime | None = None
    ) -> list[CorporateAction]:
        """Return splits and dividends, oldest first."""

    async def exchange_rates(
        self,
        tenant: str,
        sources: Collection[str],
        target: str,
        days: Days,
        *,
        known_at: datetime | None = None,
    ) -> dict[str, ExchangeRates]:
        """Return the last rates on or before each day, for every source currency."""

    async def risk_free(
        self, tenant: str, currency: str, on: date, *, known_at: datetime | None = None
    ) -> RiskFreeRate:
        """Return the newest short risk-free rate of a currency on or before a day."""

    async def yields(
        self, tenant: str, currency: str, *, tenor: str = "10y", known_at: datetime | None = None
    ) -> YieldSeries | None:
        """Return the yields of a currency, None where none are known."""

    async def benchmark(
        self, tenant: str, ticker: str, *, known_at: datetime | None = None
    ) -> BenchmarkData | None:
        """Return a benchmark by ticker or alias, None where neither levels nor constituents are known."""

    async def factors(
        self,
        tenant: str,
        *,
        start: date | None = None,
        end: date | None = None,
        known_at: datetime | None = None,
    ) -> FactorSeries:
        """Return the factor series between two days."""

    async def quality(
        self, tenant: str, listing_ids: Sequence[int], *, on: date, known_at: datetime | None = None
    ) -> list[Flag]:
        """Return what is doubtful about listings' prices by a day."""

    async def clock(self, tenant: str) -> date:
        """Return today, or the day the tenant is pinned to."""

    async def version(self, tenant: str) -> int:
        """Return a number that grows with every import the tenant can see."""
