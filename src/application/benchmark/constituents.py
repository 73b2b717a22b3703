"""A benchmark's returns from its constituents, whose weights drift with prices until the next set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from application.benchmark.levels import Levels, ended, read_levels, stale_flags
from application.benchmark.structure import BenchmarkPath, Member
from application.market.history import (
    BenchmarkData,
    Constituent,
    ConstituentSet,
    Days,
    Floats,
    MarketHistory,
)
from application.market.quotes import Listing
from application.valuation.book import Mask
from domain.sectors import sector_slug

ENOUGH_PRICED = 0.9
"""Share of each set's weight that must have prices; less says little about the whole."""
ASSET_CLASSES = frozenset(
    ("equity", "fixed_income", "alternatives", "derivatives", "real_estate", "commodity", "crypto")
)


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Why constituents cannot tell a benchmark's returns; `missing` are those without prices."""

    why: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Period:
    """A set in force from the close of row `start` on; its weights are those of row `base` of the levels."""

    weights: Floats
    start: int
    base: int


async def constituents_path(
    history: MarketHistory,
    tenant: str,
    data: BenchmarkData,
    currency: str,
    days: Days,
    known_at: datetime | None,
) -> BenchmarkPath | Uncovered:
    """Return the path that a benchmark's sets of constituents describe, or why they do not.

    A set holds from the close of its day on; one between two of the days from the earlier of them on.
    """
    sets = _in_force(data.sets, days)
    if isinstance(sets, Uncovered):
        return sets
    listings = _listings(sets)
    if not listings:
        return Uncovered("none of its constituents is a known instrument", _tickers(sets))
    grid = np.unique(np.append(days, np.datetime64(sets[0].day, "D"))) if sets[0].day else days
    levels = await read_levels(history, tenant, listings, currency, grid, known_at)
    columns = {one.listing_id: at for at, one in enumerate(listings)}
    gone = ended(levels, days)
    periods, missing, least = _periods(sets, columns, levels, days, gone)
    if least < ENOUGH_PRICED:
        return Uncovered(f"only {least:.0%} of the weight of its constituents has prices", missing)
    rows = np.searchsorted(grid, days)
    path = _path(data, sets, listings, levels, periods, rows, currency, missing)
    lost = (path.weights * gone).sum(axis=1) > 1 - ENOUGH_PRICED
    return replace(path, returns=np.where(lost, np.nan, path.returns))


def _in_force(sets: Sequence[ConstituentSet], days: Days) -> list[ConstituentSet] | Uncovered:
    """Sets that matter on these days, the one in force on the first of them at the head."""
    known = sorted((one for one in sets if np.datetime64(one.day, "D") <= days[-1]), key=lambda one: one.day)
    if not known:
        return Uncovered("no constituents are known by then" if sets else "it has no constituents")
    first_return = days[1] if len(days) > 1 else days[0] + np.timedelta64(1, "D")
    begun = [one for one in known if np.datetime64(one.day, "D") < first_return]
    if not begun:
        return Uncovered(f"its first constituents are of {known[0].day}")
    return [begun[-1], *(one for one in known if one.day > begun[-1].day)]


def _listings(sets: Sequence[ConstituentSet]) -> list[Listing]:
    found = {
        member.listing.listing_id: member.listing
        for one in sets
        for member in one.members
        if member.listing is not None
    }
    return list(found.values())


def _tickers(sets: Sequence[ConstituentSet]) -> tuple[str, ...]:
    return tuple(sorted({member.ticker for one in sets for member in one.members}))


def _periods(
    sets: Sequence[ConstituentSet], columns: dict[int, int], levels: Levels, days: Days, gone: Mask
) -> tuple[list[_Period], tuple[str, ...], float]:
    """Weights of each set where prices are known, who has none, and the least share of weight that has."""
    periods, missing, least = [], set(), 1.0
    for one in sets:
        day = np.datetime64(one.day, "D")
        start = max(int(np.searchsorted(days, day, side="right")) - 1, 0)
        base = int(np.searchsorted(levels.days, min(day, days[start])))
        weights = np.zeros(len(columns))
        for member in one.members:
            at = None if member.listing is None else columns[member.listing.listing_id]
            if at is None or np.isnan(levels.converted[base, at]) or gone[start, at]:
                missing.add(member.ticker)
            else:
                weights[at] += member.weight
        whole = sum(abs(member.weight) for member in one.members)
        least = min(least, float(np.abs(weights).sum()) / whole if whole else 0.0)
        periods.append(_Period(weights, start, base))
    return periods, tuple(sorted(missing)), least


def _path(
    data: BenchmarkData,
    sets: Sequence[ConstituentSet],
    listings: list[Listing],
    levels: Levels,
    periods: Sequence[_Period],
    rows: np.ndarray,
    currency: str,
    missing: tuple[str, ...],
) -> BenchmarkPath:
    weights = _drifted(periods, levels.converted, rows)
    earned, local = _returns(levels.converted[rows], weights), _returns(levels.local[rows], weights)
    returns = (weights * earned).sum(axis=1)
    newest = _newest(sets)
    returns[:1] = np.nan
    return BenchmarkPath(
        ticker=data.ticker,
        series="constituents",
        level_ticker=None,
        source=data.source,
        note=_note(missing),
        currency=currency,
        days=levels.days[rows],
        returns=returns,
        members=tuple(_member(one, newest[one.listing_id], currency) for one in listings),
        weights=weights,
        member_returns=earned,
        local_returns=local,
        missing=missing,
        flags=stale_flags(listings, levels),
    )


def _drifted(periods: Sequence[_Period], levels: Floats, rows: np.ndarray) -> Floats:
    """Weights at the end of the day before each day: shape (n_days, n_listings), the first row zeros."""
    weights = np.zeros((len(rows), levels.shape[1]))
    ends = [*(period.start for period in periods[1:]), len(rows) - 1]
    for period, end in zip(periods, ends, strict=True):
        held = np.flatnonzero(period.weights)
        before = rows[period.start : end]
        value = period.weights[held] * levels[np.ix_(before, held)] / levels[period.base, held]
        weights[period.start + 1 : end + 1, held] = value / value.sum(axis=1, keepdims=True)
    return weights


def _returns(levels: Floats, weights: Floats) -> Floats:
    changes = np.zeros(levels.shape)
    changes[1:] = levels[1:] / levels[:-1] - 1
    return np.where(weights != 0, changes, 0.0)


def _newest(sets: Sequence[ConstituentSet]) -> dict[int, Constituent]:
    """Each constituent by its listing, as the newest set that has it says."""
    return {
        member.listing.listing_id: member
        for one in sets
        for member in one.members
        if member.listing is not None
    }


def _member(listing: Listing, constituent: Constituent, currency: str) -> Member:
    sector = constituent.sector or listing.sector
    return Member(
        ticker=constituent.ticker,
        listing_id=listing.listing_id,
        currency=listing.currency or currency,
        sector=sector_slug(sector) if sector else None,
        geography=listing.geography,
        asset_class=listing.kind if listing.kind in ASSET_CLASSES else "equity",
    )


def _note(missing: tuple[str, ...]) -> str | None:
    if not missing:
        return None
    return f"Left out for want of prices, the others scaled up: {', '.join(missing)}."
