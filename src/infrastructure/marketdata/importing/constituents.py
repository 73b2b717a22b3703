"""What a benchmark consists of from a day on: a whole set at a time, right in all or refused."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, LiteralString

import numpy as np
from psycopg import AsyncConnection

from domain.errors import Refused, Violation
from infrastructure.imports import words
from infrastructure.imports.findings import Flaw
from infrastructure.marketdata.importing.cells import (
    EARLIEST,
    Words,
    days_of,
    exact_of,
    no_words,
    words_of,
)
from infrastructure.marketdata.importing.content import Content
from infrastructure.marketdata.importing.findings import Findings, cells
from infrastructure.marketdata.importing.listings import CANDIDATES, Candidate, choose
from infrastructure.marketdata.importing.prices import Key, understood_ticker
from infrastructure.marketdata.importing.tables import dates
from infrastructure.marketdata.importing.work import Import, Parsed, Written

KNOWN: LiteralString = """
select c.day, c.ticker, c.weight, c.sector from market.constituents c
 where c.benchmark = %(benchmark)s and c.owner = %(owner)s and c.day = any(%(days)s)
   and c.sequence = (select max(n.sequence) from market.constituents n
                      where n.benchmark = c.benchmark and n.owner = c.owner and n.day = c.day)"""
WRITE: LiteralString = """
insert into market.constituents (benchmark, owner, day, sequence, ticker, listing_id, weight, sector, recorded_at)
select %(benchmark)s, %(owner)s, c.day, %(sequence)s, c.ticker, c.listing_id, c.weight, c.sector, %(recorded_at)s
  from unnest(%(days)s::date[], %(tickers)s::text[], %(listings)s::bigint[], %(weights)s::numeric[],
              %(sectors)s::text[]) as c (day, ticker, listing_id, weight, sector)"""
TOLERANCE: Final = Decimal("0.000001")
Member = tuple[str, Decimal, str | None]
Sets = dict[date, list[Member]]


def parse_constituents(
    content: Content, findings: Findings, today: date, *, benchmark: str, day: date | None
) -> Parsed:
    """Read dated sets; `day` is that of rows in a file without dates."""
    days = _days(content, findings, today, day)
    tickers = words_of(content.columns["ticker"], "ticker", findings, understood_ticker, "")
    weights = exact_of(content.columns["weight"], "weight", findings)
    sectors = _sectors(content, findings)
    _check_weights(content, weights, findings)
    members = [
        (when, (tickers.at(place), weights[place] or Decimal(0), sectors.at(place)))
        for place, when in enumerate(days)
    ]
    _check_repetition(members, findings)
    sets: Sets = defaultdict(list)
    for when, member in members:
        sets[when].append(member)
    if not findings.rows_with_errors:
        _check_sums(sets, findings)

    async def write(connection: AsyncConnection[Any], work: Import) -> Written:
        return await _write(connection, work, benchmark, sets)

    return Parsed(content=content, findings=findings, write=write)


def _days(content: Content, findings: Findings, today: date, day: date | None) -> list[date]:
    if "date" in content.columns:
        return dates(days_of(content.columns["date"], "date", findings, today), findings)
    if day is None:
        detail = "The file has no column date; say the day from which the set holds by the parameter date."
        raise Refused(detail, violations=(Violation("date", "missing", detail),))
    if not EARLIEST <= day <= today:
        code, where = (
            ("future_date", "in the future") if day > today else ("out_of_range", f"before {EARLIEST}")
        )
        detail = f"date {day.isoformat()} lies {where}."
        raise Refused(detail, violations=(Violation("date", code, detail),))
    return [day] * len(content.rows)


def _sectors(content: Content, findings: Findings) -> Words[str | None]:
    if "sector" not in content.columns:
        return no_words(len(content.rows), None)
    return words_of(content.columns["sector"], "sector", findings, words.sector, None)


def _check_weights(content: Content, weights: Sequence[Decimal | None], findings: Findings) -> None:
    shown = cells(content.columns["weight"])
    missing = np.array([weight is None for weight in weights], dtype=np.bool_) & findings.fits("weight")
    findings.error(missing, "weight", Flaw("missing", "weight is missing"))
    negative = np.array([weight is not None and weight < 0 for weight in weights], dtype=np.bool_)
    findings.error(negative, "weight", Flaw("out_of_range", "weight is negative"), shown)


def _check_repetition(members: list[tuple[date, Member]], findings: Findings) -> None:
    seen: set[tuple[date, str]] = set()
    again = np.zeros(len(members), dtype=np.bool_)
    for place, (when, member) in enumerate(members):
        again[place] = (when, member[0]) in seen
        seen.add((when, member[0]))
    again &= ~findings.bad
    findings.error(again, "ticker", Flaw("repeated", "The ticker is in the set already"))


def _check_sums(sets: Sets, findings: Findings) -> None:
    for when, members in sets.items():
        total = sum((weight for _, weight, _ in members), Decimal(0))
        if abs(total - 1) > TOLERANCE:
            hint = " They are fractions: 0.25 is 25 %." if abs(total - 100) < 1 else ""
            error = f"The weights of {when.isoformat()} add up to {total:f}, not to 1"
            findings.whole("weight", Flaw("weights_do_not_add_up", error, hint.strip()))


async def _write(connection: AsyncConnection[Any], work: Import, benchmark: str, sets: Sets) -> Written:
    cursor = await connection.execute(
        KNOWN, {"benchmark": benchmark, "owner": work.owner, "days": list(sets)}
    )
    known: dict[date, set[Member]] = defaultdict(set)
    for when, *member in await cursor.fetchall():
        known[when].add((member[0], member[1], member[2]))
    news = {when: members for when, members in sets.items() if known.get(when) != set(members)}
    rows = [(when, *member) for when, members in news.items() for member in members]
    if rows:
        listings = await _listings(connection, work, sorted({row[1] for row in rows}))
        columns = {
            "days": [row[0] for row in rows],
            "tickers": [row[1] for row in rows],
            "listings": [listings.get(row[1]) for row in rows],
            "weights": [row[2] for row in rows],
            "sectors": [row[3] for row in rows],
        }
        await connection.execute(WRITE, {"benchmark": benchmark, **columns, **work._asdict()})
    revised = sum(len(members) for when, members in news.items() if when in known)
    return Written(
        valid=sum(len(members) for members in sets.values()),
        new=len(rows) - revised,
        revised=revised,
        start=min(sets, default=None),
        end=max(sets, default=None),
        told={"benchmark": benchmark, "tickers": sorted({row[1] for row in rows})},
    )


async def _listings(connection: AsyncConnection[Any], work: Import, tickers: list[str]) -> dict[str, int]:
    """Return the listings that tickers mean by themselves; a set may name what nobody knows."""
    cursor = await connection.execute(CANDIDATES, {"tickers": tickers, "owner": work.owner})
    known: dict[str, list[Candidate]] = defaultdict(list)
    for row in await cursor.fetchall():
        known[row[2]].append(Candidate(*row))
    found = {ticker: choose(Key(ticker, None, None), known[ticker], work.owner) for ticker in tickers}
    return {ticker: one.listing_id for ticker, one in found.items() if isinstance(one, Candidate)}
