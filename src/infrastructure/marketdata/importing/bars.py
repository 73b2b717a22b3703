"""Daily bars: compared with what their owner knows already, and written where they say something new."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final, LiteralString

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection

from infrastructure.imports.findings import Flaw
from infrastructure.marketdata import arrays
from infrastructure.marketdata.importing import sending
from infrastructure.marketdata.importing.findings import Findings
from infrastructure.marketdata.importing.listings import resolve
from infrastructure.marketdata.importing.prices import FIELDS, Prices
from infrastructure.marketdata.importing.work import Import, Written

KNOWN: LiteralString = """
select b.listing_id, b.year, array_send(b.days), array_send(b.open), array_send(b.high), array_send(b.low),
       array_send(b.close), array_send(b.adjusted), array_send(b.volume)
  from market.bar_rows(%(owner)s, %(listings)s, %(first)s, %(last)s) b
 where b.owner = %(owner)s order by b.sequence, b.whole"""
WRITE: LiteralString = """
insert into market.bars (listing_id, owner, year, sequence, recorded_at, days, open, high, low, close, adjusted,
                         volume)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
NEWEST: LiteralString = "select market.note_newest(%s, %s)"
GATHER: LiteralString = "select market.gather_bars(%s, %s, %s)"
SCATTERED: Final = 24
"""Over more rows than that a year of a listing need not be scattered: a whole row is written beside them."""
BARS_AT_ONCE: Final = 1_000_000
"""How many bars are compared with what is known at a time."""
_DAYS_APART: Final = 1 << 20
EPOCH: Final = date(1970, 1, 1)
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Bars by listing and day, ascending and each once; `fields` has an array for each of FIELDS, NaN for unknown."""

    listings: Longs
    days: NDArray[np.int32]
    fields: dict[str, Floats]

    @property
    def keys(self) -> Longs:
        """One number per bar, ascending."""
        return self.listings * _DAYS_APART + self.days + (_DAYS_APART >> 1)

    def at(self, places: NDArray[Any]) -> "Bars":
        """Return some of the bars, by their places or by a mask."""
        if places.dtype == np.bool_ and places.all():
            return self
        fields = {name: values[places] for name, values in self.fields.items()}
        return Bars(listings=self.listings[places], days=self.days[places], fields=fields)


NOTHING: Final = Bars(
    listings=np.zeros(0, dtype=np.int64),
    days=np.zeros(0, dtype=np.int32),
    fields={name: np.zeros(0) for name in FIELDS},
)


async def import_bars(
    connection: AsyncConnection[Any], work: Import, prices: Prices, findings: Findings
) -> Written:
    """Record what a file of prices has to say that its owner does not know yet."""
    resolved = await resolve(connection, work, prices.keys)
    listings = np.array(resolved.listing_ids, dtype=np.int64)[prices.key_of]
    place_of = np.searchsorted(findings.rows, prices.rows)
    if resolved.flaws:
        _report(resolved.flaws, prices, place_of, findings)
    told = Bars(listings=listings, days=prices.days, fields=prices.fields)
    once = _each_once(told, place_of, findings)
    valid = len(prices.rows) - int(np.count_nonzero(findings.bad[place_of]))
    if not len(once.days):
        return Written(valid=valid, created=resolved.created, told={"listing_ids": resolved.new_ids})
    concerned, changed, revised = await _record(connection, work, once)
    return Written(
        valid=valid,
        new=changed - revised,
        revised=revised,
        created=resolved.created,
        start=EPOCH + timedelta(int(once.days.min())),
        end=EPOCH + timedelta(int(once.days.max())),
        told={"listing_ids": concerned},
    )


async def _record(connection: AsyncConnection[Any], work: Import, once: Bars) -> tuple[list[int], int, int]:
    """Write what is new; return the listings it is of, how many bars it is, and how many of them revise."""
    listings: list[int] = []
    changed = revised = scattered = 0
    for part in _parts(once):
        rows = await _known(connection, work, part)
        news, again = compare(part, _newest(rows))
        if len(news.days):
            await _write(connection, work, news)
            scattered = max(scattered, *Counter(row[:2] for row in rows).values(), 0)
        listings += np.unique(news.listings).tolist()
        changed, revised = changed + len(news.days), revised + again
    if changed:
        await connection.execute(NEWEST, (work.owner, work.sequence))
    if scattered >= SCATTERED:
        await connection.execute(GATHER, (work.owner, work.sequence, SCATTERED))
    return listings, changed, revised


def _parts(bars: Bars) -> Iterator[Bars]:
    """Yield whole listings, about BARS_AT_ONCE bars at a time: what is known of them needs memory too."""
    if len(bars.days) <= BARS_AT_ONCE:
        yield bars
        return
    ends = np.append(np.flatnonzero(np.diff(bars.listings)) + 1, len(bars.days))
    start = 0
    while start < len(bars.days):
        fitting = ends[(ends > start) & (ends <= start + BARS_AT_ONCE)]
        end = int(fitting[-1] if len(fitting) else ends[ends > start][0])
        yield bars.at(np.arange(start, end))
        start = end


def _report(flaws: dict[int, Flaw], prices: Prices, place_of: Longs, findings: Findings) -> None:
    wrong = np.zeros(len(findings.rows), dtype=np.bool_)
    told = np.isin(prices.key_of, list(flaws))
    wrong[place_of[told]] = True
    key_at = dict(zip(place_of[told].tolist(), prices.key_of[told].tolist(), strict=True))
    findings.error(wrong, "ticker", lambda place: flaws[key_at[place]])


def _each_once(told: Bars, place_of: Longs, findings: Findings) -> Bars:
    """Return the bars in order, each once; rows that contradict each other are errors, all of them."""
    usable = np.flatnonzero(~findings.bad[place_of])
    keys = told.keys[usable]
    if not (np.diff(keys) > 0).all():
        order = np.argsort(keys, kind="stable")
        usable, keys = usable[order], keys[order]
        usable, keys = _without_contradictions(told, usable, keys, place_of, findings)
        first = np.concatenate(([True], np.diff(keys) > 0)) if len(keys) else np.zeros(0, dtype=np.bool_)
        usable = usable[first]
    in_order = len(usable) == len(told.days) and bool((np.diff(usable) == 1).all())
    return told if in_order else told.at(usable)


def _without_contradictions(
    told: Bars, usable: Longs, keys: Longs, place_of: Longs, findings: Findings
) -> tuple[Longs, Longs]:
    same = keys[1:] == keys[:-1]
    if not same.any():
        return usable, keys
    differs = np.zeros(len(same), dtype=np.bool_)
    for values in told.fields.values():
        one, other = values[usable[1:]], values[usable[:-1]]
        differs |= (one != other) & ~(np.isnan(one) & np.isnan(other))
    contradicted = np.isin(keys, keys[1:][same & differs])
    wrong = np.zeros(len(findings.rows), dtype=np.bool_)
    wrong[place_of[usable[contradicted]]] = True
    flaw = Flaw("contradicting_rows", "Another row has the same ticker and date and says something else")
    findings.error(wrong, "date", flaw)
    kept = ~contradicted
    repeated = int(np.count_nonzero(same & ~contradicted[1:]))
    if repeated:
        findings.warn(None, None, "repeated_rows", f"{repeated:,} rows say once more what another row says.")
    return usable[kept], keys[kept]


async def _known(connection: AsyncConnection[Any], work: Import, told: Bars) -> list[tuple[Any, ...]]:
    """Return the rows of what the owner knows of the listings in the years told of."""
    days = {"first": EPOCH + timedelta(int(told.days.min())), "last": EPOCH + timedelta(int(told.days.max()))}
    wanted = {"owner": work.owner, "listings": np.unique(told.listings).tolist(), **days}
    cursor = connection.cursor(binary=True)
    await cursor.execute(KNOWN, wanted)
    return await cursor.fetchall()


def _newest(rows: Sequence[tuple[Any, ...]]) -> Bars:
    """Return rows of the column store as bars; where two rows speak of one day, the later row wins."""
    if not rows:
        return NOTHING
    days = [arrays.days(row[2]).astype(np.int32) for row in rows]
    sizes = [len(one) for one in days]
    fields = {
        name: np.concatenate([_floats(row[3 + place], len(one)) for row, one in zip(rows, days, strict=True)])
        for place, name in enumerate(FIELDS)
    }
    listings = np.repeat(np.array([row[0] for row in rows], dtype=np.int64), sizes)
    bars = Bars(listings=listings, days=np.concatenate(days), fields=fields)
    order = np.argsort(bars.keys, kind="stable")
    keys = bars.keys[order]
    return bars.at(order[np.concatenate((keys[1:] != keys[:-1], [True]))])


def _floats(sent: bytes | None, count: int) -> Floats:
    return np.full(count, np.nan) if sent is None else arrays.floats(sent)


def compare(told: Bars, known: Bars) -> tuple[Bars, int]:
    """Return the bars that say something new, complete with what they leave open, and how many of them revise.

    A field that a row does not have keeps its value. An adjusted close that is not told follows the close, so
    that the adjustment stays what it was.
    """
    if not len(known.days):
        return _complete(told), 0
    places = np.searchsorted(known.keys, told.keys)
    inside = np.minimum(places, len(known.days) - 1)
    met = known.keys[inside] == told.keys
    merged: dict[str, Floats] = {}
    changed = ~met
    for name in FIELDS:
        new = told.fields.get(name, np.full(len(told.days), np.nan))
        old = np.where(met, known.fields[name][inside], np.nan)
        if name == "adjusted_close":
            old = _readjusted(old, merged["close"], known, inside, met)
        merged[name] = np.where(np.isnan(new), old, new)
        changed |= (merged[name] != old) & ~np.isnan(merged[name])
    news = Bars(listings=told.listings, days=told.days, fields=merged).at(changed)
    return news, int(np.count_nonzero(changed & met))


def _complete(told: Bars) -> Bars:
    """Return bars with an array for every field."""
    unknown = np.full(len(told.days), np.nan)
    fields = {name: told.fields.get(name, unknown) for name in FIELDS}
    return Bars(listings=told.listings, days=told.days, fields=fields)


def _readjusted(old: Floats, close: Floats, known: Bars, inside: Longs, met: NDArray[np.bool_]) -> Floats:
    before = known.fields["close"][inside]
    return np.where(met & (close != before), old * (close / before), old)


async def _write(connection: AsyncConnection[Any], work: Import, news: Bars) -> None:
    cursor = connection.cursor()
    sending.understand_arrays(cursor)
    await cursor.executemany(WRITE, _rows(work, news))


def _rows(work: Import, news: Bars) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each listing and year."""
    years = news.days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    breaks = np.flatnonzero((np.diff(news.listings) != 0) | (np.diff(years) != 0)) + 1
    days = sending.DayColumn(news.days)
    columns = [sending.FloatColumn(news.fields[name]) for name in FIELDS]
    for start, end in pairwise([0, *breaks.tolist(), len(years)]):
        arrays_of_row = (column.sent(start, end) for column in columns)
        when = (int(years[start]), work.sequence, work.recorded_at)
        yield int(news.listings[start]), work.owner, *when, days.sent(start, end), *arrays_of_row
