"""Market data held in memory, for tests of figures: what a test says is all there is."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from application.market.history import (
    Bars,
    BenchmarkData,
    Constituent,
    ConstituentSet,
    CorporateAction,
    Days,
    ExchangeRates,
    FactorSeries,
    Flag,
    Floats,
    RiskFreeRate,
    YieldSeries,
)
from application.market.quotes import Listing, Name

Series = Mapping[str, float]
"""Values by ISO date."""


def days_of(*texts: str) -> Days:
    """Days as an array."""
    return np.array(texts, dtype="datetime64[D]")


class ArrayMarket:
    """A `MarketHistory` of one tenant; `today` is the day its clock shows."""

    def __init__(self, today: str = "2024-12-31") -> None:
        self.today = date.fromisoformat(today)
        self.rate = RiskFreeRate(currency="USD", value=0.0)
        self.flags: list[Flag] = []
        self._told = 0
        self._listings: dict[str, Listing] = {}
        self._close: dict[int, Series] = {}
        self._adjusted: dict[int, Series] = {}
        self._volume: dict[int, Series] = {}
        self._actions: list[CorporateAction] = []
        self._fx: dict[tuple[str, str], Series] = {}
        self._benchmarks: dict[str, BenchmarkData] = {}
        self._factors: dict[str, Series] = {}
        self._yields: dict[tuple[str, str], Series] = {}

    def prices(
        self,
        ticker: str,
        close: Series,
        *,
        adjusted: Series | None = None,
        volume: Series | None = None,
        currency: str = "USD",
        sector: str | None = None,
    ) -> Listing:
        """Tell the closes of a ticker by day."""
        listing_id = (
            self._listings[ticker].listing_id if ticker in self._listings else len(self._listings) + 1
        )
        listing = Listing(listing_id=listing_id, ticker=ticker, currency=currency, sector=sector)
        self._listings[ticker] = listing
        self._told += 1
        self._close[listing.listing_id] = close
        self._adjusted[listing.listing_id] = adjusted or {}
        self._volume[listing.listing_id] = volume or {}
        return listing

    def split(self, ticker: str, ex_date: str, factor: str) -> None:
        """Tell a split: `factor` new units per old one."""
        self._act(ticker, ex_date, "split", factor)

    def dividend(self, ticker: str, ex_date: str, per_unit: str) -> None:
        """Tell a dividend in the listing's currency."""
        self._act(ticker, ex_date, "dividend", per_unit)

    def _act(self, ticker: str, ex_date: str, kind: str, value: str) -> None:
        action = CorporateAction(
            listing_id=self._listings[ticker].listing_id,
            ex_date=date.fromisoformat(ex_date),
            kind=kind,  # type: ignore[arg-type]
            value=Decimal(value),
        )
        self._actions = sorted([*self._actions, action], key=lambda one: one.ex_date)

    def fx(self, source: str, target: str, rates: Series) -> None:
        """Tell units of `target` per unit of `source` by day."""
        self._fx[source, target] = rates

    def level_benchmark(self, ticker: str, levels: Series, *, currency: str = "USD") -> None:
        """Tell a benchmark by its levels."""
        listing = self.prices(ticker, levels, currency=currency)
        self._benchmarks[ticker] = BenchmarkData(
            ticker=ticker, name=None, listing=listing, sets=(), source="test"
        )

    def constituents(self, benchmark: str, sets: Mapping[str, Mapping[str, float]]) -> None:
        """Tell the weights of a benchmark by the day from which they hold; members are tickers with prices."""
        self._benchmarks[benchmark] = BenchmarkData(
            ticker=benchmark,
            name=None,
            listing=self._listings.get(benchmark),
            sets=tuple(
                ConstituentSet(day=date.fromisoformat(day), members=tuple(map(self._member, weights.items())))
                for day, weights in sets.items()
            ),
            source="test",
        )

    def _member(self, entry: tuple[str, float]) -> Constituent:
        ticker, weight = entry
        listing = self._listings.get(ticker)
        return Constituent(
            ticker=ticker, weight=weight, sector=listing.sector if listing else None, listing=listing
        )

    def factor(self, name: str, returns: Series) -> None:
        """Tell the returns of a factor by day."""
        self._factors[name] = returns

    async def listings(
        self, tenant: str, names: Sequence[Name], *, known_at: datetime | None = None
    ) -> list[Listing | None]:
        found = [self._listings.get(name.ticker) for name in names]
        return [
            one if one is not None and name.currency in (None, one.currency) else None
            for name, one in zip(names, found, strict=True)
        ]

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
        ids = tuple(listing_ids)
        told = {day for one in ids for day in self._close[one]}
        kept = sorted(
            day for day in told if (not start or day >= str(start)) and (not end or day <= str(end))
        )
        close = self._matrix(self._close, ids, kept)
        adjusted = self._matrix(self._adjusted, ids, kept)
        return Bars(
            listing_ids=ids,
            days=np.array(kept, dtype="datetime64[D]"),
            close=close,
            adjusted=np.where(np.isnan(adjusted), close, adjusted),
            volume=self._matrix(self._volume, ids, kept) if volume else np.full(close.shape, np.nan),
        )

    def _matrix(self, told: Mapping[int, Series], ids: Sequence[int], days: Sequence[str]) -> Floats:
        return np.array(
            [[told[one].get(day, np.nan) for one in ids] for day in days], dtype=np.float64
        ).reshape(len(days), len(ids))

    async def actions(
        self, tenant: str, listing_ids: Sequence[int], *, known_at: datetime | None = None
    ) -> list[CorporateAction]:
        return [one for one in self._actions if one.listing_id in set(listing_ids)]

    async def exchange_rates(
        self,
        tenant: str,
        sources: Collection[str],
        target: str,
        days: Days,
        *,
        known_at: datetime | None = None,
    ) -> dict[str, ExchangeRates]:
        return {source: self._rates(source, target, days) for source in sources}

    def _rates(self, source: str, target: str, days: Days) -> ExchangeRates:
        if source == target:
            return ExchangeRates(source=source, target=target, rates=np.ones(len(days)), fixed_on=days)
        told = self._fx.get((source, target), {})
        fixed = np.array(sorted(told), dtype="datetime64[D]")
        at = np.searchsorted(fixed, days, side="right")
        values = np.array([np.nan, *(told[day] for day in sorted(told))])
        on = np.concatenate((np.array(["NaT"], dtype="datetime64[D]"), fixed))
        return ExchangeRates(source=source, target=target, rates=values[at], fixed_on=on[at])

    async def risk_free(
        self, tenant: str, currency: str, on: date, *, known_at: datetime | None = None
    ) -> RiskFreeRate:
        return self.rate

    async def yields(
        self, tenant: str, currency: str, *, tenor: str = "10y", known_at: datetime | None = None
    ) -> YieldSeries | None:
        told = self._yields.get((currency, tenor))
        if told is None:
            return None
        rates = np.array([told[day] for day in sorted(told)])
        return YieldSeries(
            currency=currency, tenor=tenor, days=np.array(sorted(told), dtype="datetime64[D]"), rates=rates
        )

    async def benchmark(
        self, tenant: str, ticker: str, *, known_at: datetime | None = None
    ) -> BenchmarkData | None:
        return self._benchmarks.get(ticker)

    async def factors(
        self,
        tenant: str,
        *,
        start: date | None = None,
        end: date | None = None,
        known_at: datetime | None = None,
    ) -> FactorSeries:
        days = sorted({day for told in self._factors.values() for day in told})
        returns = [[told.get(day, np.nan) for told in self._factors.values()] for day in days]
        return FactorSeries(
            names=tuple(self._factors),
            days=np.array(days, dtype="datetime64[D]"),
            returns=np.array(returns, dtype=np.float64).reshape(len(days), len(self._factors)),
            source="test",
        )

    async def quality(
        self, tenant: str, listing_ids: Sequence[int], *, on: date, known_at: datetime | None = None
    ) -> list[Flag]:
        return list(self.flags)

    async def clock(self, tenant: str) -> date:
        return self.today

    async def version(self, tenant: str) -> int:
        return 1 + self._told
