"""Returns of instruments from market data: one currency, one calendar, and what they are measured against."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from application.market.history import Bars, Days, ExchangeRates, Floats, MarketHistory
from application.optimization.dataset import Dataset, Warned
from application.optimization.levels import FEWEST, Rows, changes, complete, ends_of_periods
from application.optimization.request import OptimizationRequest
from application.optimization.sampling import packed
from application.optimization.universe import IMPORT, Universe, refused
from application.optimization.yardsticks import benchmark_on, risk_free_on
from application.performance.figures import periods_per_year
from application.valuation.instrument_growth import growth
from domain.errors import Violation

YEARS: Final = 5
DAYS_PER_PERIOD: Final = {"daily": 1.6, "weekly": 7.0, "monthly": 30.5}
"""Calendar days, some for holidays counted in."""
SPARE_DAYS: Final = 40
PER_YEAR: Final = {"weekly": 52.0, "monthly": 12.0}
UNSAID: Final = "USD"
OLD_BARS: Final = timedelta(days=7)
OLD_RATE: Final = np.timedelta64(7, "D")
NO_RATE: Final = (
    "No exchange rate from {source} to {target} is known for {name}; import it: POST /v1/market/fx/import."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Priced:
    """Total-return levels in one currency, shape (n_days, n_assets), NaN where an asset has no bar."""

    days: Days
    levels: Floats
    warnings: tuple[Warned, ...]


async def dataset_of(
    history: MarketHistory, tenant: str, request: OptimizationRequest, universe: Universe
) -> Dataset:
    """Return the figures of a universe over the window.

    Raises
    ------
    Refused
        With every asset that has too little history or no exchange rate, and a benchmark that is not known.
    """
    currency, said = await _currency(history, tenant, request, universe)
    priced = await _priced(history, tenant, universe, currency, request)
    names = [one.name for one in universe.assets]
    kept = complete(priced.levels, request.missing, names, universe.fields, priced.days)
    if kept.violations:
        raise refused(list(kept.violations))
    rows = kept.rows[ends_of_periods(priced.days[kept.rows], request.frequency)]
    if request.window.periods is not None:
        rows = rows[-request.window.periods - 1 :]
    _require_periods(rows, request)
    days = priced.days[rows]
    chosen = tuple(universe.assets[at] for at in kept.columns.tolist())
    ids = [universe.listing_ids[at] for at in kept.columns.tolist()]
    benchmark, returns, doubts = await benchmark_on(history, tenant, request, universe, currency, days)
    rate, unsure = await risk_free_on(history, tenant, currency, days[-1].item())
    flags = await history.quality(tenant, ids, on=days[-1].item())
    quality = tuple(Warned(code=one.code, detail=one.detail) for one in flags)
    return Dataset(
        source="stocks" if universe.portfolio_id is None else "portfolio",
        portfolio_id=universe.portfolio_id,
        assets=chosen,
        periods=len(days) - 1,
        periods_per_year=PER_YEAR.get(request.frequency) or float(periods_per_year(days)),
        risk_free=rate,
        currency=currency,
        frequency=request.frequency,
        days=tuple(days[1:].tolist()),
        since=days[0].item(),
        returns=packed(changes(priced.levels[np.ix_(rows, kept.columns)])),
        benchmark=benchmark,
        benchmark_returns=None if returns is None else packed(returns),
        current_weights=_weights(universe, kept.columns.tolist()),
        dropped=(*universe.dropped, *kept.dropped),
        warnings=tuple(
            dict.fromkeys((*universe.warnings, *said, *priced.warnings, *doubts, *unsure, *quality))
        ),
    )


async def _currency(
    history: MarketHistory, tenant: str, request: OptimizationRequest, universe: Universe
) -> tuple[str, tuple[Warned, ...]]:
    """The portfolio's currency; else that of all stocks, else the benchmark's, else the first stock's."""
    if universe.currency is not None:
        return universe.currency, ()
    own = list(dict.fromkeys(one.currency for one in universe.assets if one.currency))
    if len(own) == 1:
        return own[0], ()
    chosen = await _benchmarks_currency(history, tenant, request) or (own[0] if own else UNSAID)
    if own:
        detail = f"The stocks are priced in {', '.join(own)}; returns are in {chosen}."
        return chosen, (Warned(code="converted", detail=detail),)
    detail = f"Market data does not say which currency the stocks are priced in; {chosen} is taken for it."
    return chosen, (Warned(code="no_currency", detail=detail),)


async def _benchmarks_currency(
    history: MarketHistory, tenant: str, request: OptimizationRequest
) -> str | None:
    data = None if request.benchmark is None else await history.benchmark(tenant, request.benchmark)
    return None if data is None or data.listing is None else data.listing.currency


async def _bars(
    history: MarketHistory, tenant: str, request: OptimizationRequest, universe: Universe
) -> Bars:
    """Read the bars of the window; one without a start ends with the newest bar, where that is an old one.

    Data may end long ago, and five years up to today would then hold little of it.
    """
    today = await history.clock(tenant)
    end = today if request.window.end is None else min(request.window.end, today)
    ids = list(universe.listing_ids)
    bars = await history.bars(tenant, ids, start=_start(request, end), end=end, volume=False)
    if request.window.start is not None:
        return bars
    known = bars if len(bars.days) else await history.bars(tenant, ids, end=end, volume=False)
    newest: date = known.days[-1].item() if len(known.days) else end
    if end - newest <= OLD_BARS:
        return known
    return await history.bars(tenant, ids, start=_start(request, newest), end=newest, volume=False)


def _start(request: OptimizationRequest, end: date) -> date:
    """The first day of a window that ends on a day."""
    window = request.window
    if window.start is not None:
        return window.start
    if window.periods is None:
        return _years_before(end)
    length = int((window.periods + 1) * DAYS_PER_PERIOD[request.frequency]) + SPARE_DAYS
    return end - timedelta(days=min(length, (end - date.min).days))


def _years_before(day: date) -> date:
    """The day five years before; the last of February where there is no 29th."""
    year = max(day.year - YEARS, date.min.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


async def _priced(
    history: MarketHistory, tenant: str, universe: Universe, currency: str, request: OptimizationRequest
) -> _Priced:
    ids = list(universe.listing_ids)
    bars = await _bars(history, tenant, request, universe)
    columns = {listing: at for at, listing in enumerate(bars.listing_ids)}
    order = [columns[one] for one in ids]
    if not len(bars.days):
        raise refused(list(_unpriced(universe)))
    actions = await history.actions(tenant, ids)
    grown = growth(bars, actions)[:, order]
    levels = np.where(np.isnan(bars.close[:, order]), np.nan, grown)
    rates = await _rates(history, tenant, universe, currency, bars.days)
    for at, one in enumerate(universe.assets):
        if one.currency in rates:
            levels[:, at] *= rates[one.currency].rates
    return _Priced(days=bars.days, levels=levels, warnings=tuple(_old(rates, bars.days)))


async def _rates(
    history: MarketHistory, tenant: str, universe: Universe, currency: str, days: Days
) -> dict[str, ExchangeRates]:
    """Rates of all other currencies; raises Refused naming the assets of one that has none."""
    sources = {one.currency for one in universe.assets if one.currency} - {currency}
    rates = await history.exchange_rates(tenant, sources, currency, days)
    violations = [
        Violation(field, "no_rate", NO_RATE.format(source=one.currency, target=currency, name=one.name))
        for one, field in zip(universe.assets, universe.fields, strict=True)
        if one.currency in rates and np.isnan(rates[one.currency].rates).all()
    ]
    if violations:
        raise refused(violations)
    return rates


def _old(rates: dict[str, ExchangeRates], days: Days) -> Iterator[Warned]:
    for source, known in sorted(rates.items()):
        late = int((days - known.fixed_on > OLD_RATE).sum())
        if late:
            detail = f"The rate from {source} to {known.target} is more than 7 days old on {late} days."
            yield Warned(code="old_fx", detail=detail)


def _unpriced(universe: Universe) -> Iterator[Violation]:
    for one, field in zip(universe.assets, universe.fields, strict=True):
        detail = f"No price of {one.name} in the window is known; {IMPORT}."
        yield Violation(field, "short_history", detail)


def _require_periods(rows: Rows, request: OptimizationRequest) -> None:
    if len(rows) < FEWEST:
        detail = (
            f"The window has {max(0, len(rows) - 1)} {request.frequency} returns of all assets; two are the fewest "
            "that vary."
        )
        raise refused([Violation("window", "short_history", detail)])


def _weights(universe: Universe, columns: list[int]) -> tuple[float, ...] | None:
    """What is held of the assets that stay, scaled to sum to one."""
    if universe.weights is None:
        return None
    held = [universe.weights[at] for at in columns]
    whole = sum(held)
    return tuple(weight / whole for weight in held) if whole > 0 else None
