"""Splits and dividends."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, LiteralString

import numpy as np
from psycopg import AsyncConnection

from infrastructure.imports import words
from infrastructure.imports.findings import Flaw
from infrastructure.imports.numbers import Mark, read_numbers
from infrastructure.marketdata.importing.cells import Words, days_of, mark_of, with_advice, words_of
from infrastructure.marketdata.importing.content import Content
from infrastructure.marketdata.importing.findings import Findings, cells
from infrastructure.marketdata.importing.listings import resolve_rows
from infrastructure.marketdata.importing.prices import Instruments
from infrastructure.marketdata.importing.tables import dates, each_once, upsert, valid_rows
from infrastructure.marketdata.importing.work import Import, Parsed, Written

WRITE: LiteralString = """
with told as (
    select * from unnest(%(listing)s::bigint[], %(day)s::date[], %(kind)s::text[], %(value)s::numeric[],
                         %(currency)s::text[]) as t (listing_id, ex_date, kind, value, currency)
), known as (
    select t.*, k.value as before, k.currency as currency_before from told t
      left join lateral (select value, currency from market.action a
                          where a.listing_id = t.listing_id and a.owner = %(owner)s and a.ex_date = t.ex_date
                            and a.kind = t.kind
                          order by a.sequence desc limit 1) k on true
), written as (
    insert into market.action (listing_id, owner, ex_date, kind, value, currency, sequence, recorded_at)
    select listing_id, %(owner)s, ex_date, kind, value, currency, %(sequence)s, %(recorded_at)s from known
     where (before, currency_before) is distinct from (value, currency)
)
select listing_id, '', before is not null from known
 where (before, currency_before) is distinct from (value, currency)"""
ANNOUNCED: Final = timedelta(days=366)
"""How far ahead an action may be known."""
_KINDS: Final = {
    **dict.fromkeys(("split", "stocksplit", "forwardsplit", "reversesplit", "sharesplit"), "split"),
    **dict.fromkeys(
        ("dividend", "div", "cashdividend", "dividends", "distribution", "interim", "final"), "dividend"
    ),
}
_RATIO: Final = re.compile(
    r"([0-9]+(?:\.[0-9]+)?)\s*(?::|/|-?\s*for\s*-?)\s*([0-9]+(?:\.[0-9]+)?)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Actions:
    """The columns of a file of actions."""

    named: Instruments
    days: Sequence[date]
    kinds: Words[str]
    values: Words[Decimal]

    def amount(self, place: int) -> tuple[Decimal, str | None]:
        """Return the value with its currency; a split has none, and a dividend in pence is told in pounds."""
        currency, factor = self.named.currencies.at(place)
        if self.kinds.at(place) == "split":
            return self.values.at(place), None
        return self.values.at(place) * factor, currency


def parse_actions(content: Content, findings: Findings, today: date) -> Parsed:
    """Read splits (new units per old) and dividends (per unit)."""
    days = days_of(content.columns["ex_date"], "ex_date", findings, today + ANNOUNCED)
    named = Instruments.of(content, findings)
    kinds = words_of(content.columns["kind"], "kind", findings, _kind, "")
    values = _values(content, findings)
    _check(content, kinds, values, findings)
    told = _Actions(named=named, days=dates(days, findings), kinds=kinds, values=values)

    async def write(connection: AsyncConnection[Any], work: Import) -> Written:
        return await _import(connection, work, told, findings)

    return Parsed(content=content, findings=findings, write=write)


async def _import(
    connection: AsyncConnection[Any], work: Import, told: _Actions, findings: Findings
) -> Written:
    """Record what the owner does not know yet."""
    rows = await resolve_rows(connection, work, told.named, findings)
    places = range(len(told.days))
    keys = [(rows.listing_ids[place], told.days[place], told.kinds.at(place)) for place in places]
    found = each_once(keys, [told.amount(place) for place in places], findings, "value")
    columns: dict[str, list[Any]] = {
        "listing": [listing for listing, _, _ in found],
        "day": [day for _, day, _ in found],
        "kind": [kind for _, _, kind in found],
        "value": [value for value, _ in found.values()],
        "currency": [currency for _, currency in found.values()],
    }
    written = await upsert(connection, WRITE, columns | work._asdict())
    revised = sum(1 for row in written if row[2])
    return Written(
        valid=valid_rows(findings),
        new=len(written) - revised,
        revised=revised,
        created=len(rows.new_ids),
        start=min(columns["day"], default=None),
        end=max(columns["day"], default=None),
        told={"listing_ids": sorted({row[0] for row in written})},
    )


def _values(content: Content, findings: Findings) -> Words[Decimal]:
    column = content.columns["value"]
    mark = mark_of([text for text in column.fill_null("").to_pylist() if not _RATIO.fullmatch(text)])
    return words_of(column, "value", findings, lambda text: _value(text, mark), Decimal(0))


def _check(content: Content, kinds: Words[str], values: Words[Decimal], findings: Findings) -> None:
    amounts = [values.at(place) for place in range(len(content.rows))]
    split = np.array([kinds.at(place) == "split" for place in range(len(amounts))], dtype=np.bool_)
    low = np.array([value <= 0 for value in amounts], dtype=np.bool_) & findings.fits("value")
    below = np.array([value < 0 for value in amounts], dtype=np.bool_) & findings.fits("value")
    shown = cells(content.columns["value"])
    flaw = Flaw("not_positive", "The ratio of a split is not positive", "2 makes two units of one.")
    findings.error(low & split, "value", flaw, shown)
    findings.error(below & ~split, "value", Flaw("not_positive", "The dividend is negative"), shown)


def _kind(text: str) -> str | Flaw:
    known = _KINDS.get(re.sub(r"[^a-z]", "", words.tidy(text).casefold()))
    return known or Flaw(
        "unknown_kind", f"'{text[:40]}' is no kind of action", "Known are split and dividend."
    )


def _value(text: str, mark: Mark | None) -> Decimal | Flaw:
    word = words.tidy(text)
    if not word:
        return Flaw("missing", "value is missing")
    value = _ratio(word) if _RATIO.fullmatch(word) else _amount_in(word, mark)
    if isinstance(value, Flaw):
        return value
    if value and not -12 <= value.adjusted() <= 12:
        return Flaw("out_of_range", f"'{word[:40]}' is out of range")
    return value


def _ratio(word: str) -> Decimal | Flaw:
    ratio = _RATIO.fullmatch(word)
    assert ratio is not None
    new, old = Decimal(ratio[1]), Decimal(ratio[2])
    return new / old if old else Flaw("invalid_number", f"'{word[:40]}' is not a number")


def _amount_in(word: str, mark: Mark | None) -> Decimal | Flaw:
    read = read_numbers([word], mark)
    if read.flaws:
        return with_advice(read.flaws[0])
    value = read.values[0]
    return Flaw("missing", "value is missing") if value is None else value
