"""What is said of instruments: names, identifiers, sectors."""

import re
from datetime import date
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from infrastructure.imports import words
from infrastructure.imports.words import Noted, identifier_reader
from infrastructure.marketdata.importing.cells import Words, no_words, words_of
from infrastructure.marketdata.importing.content import Content
from infrastructure.marketdata.importing.findings import Findings
from infrastructure.marketdata.importing.listings import resolve_rows
from infrastructure.marketdata.importing.prices import Instruments
from infrastructure.marketdata.importing.tables import each_once, upsert, valid_rows
from infrastructure.marketdata.importing.work import Import, Parsed, Written

FIELDS: Final = ("name", "isin", "sector", "geography", "kind")
KNOWN_KINDS: Final = (
    "equity", "etf", "fund", "index", "bond", "commodity", "currency", "crypto", "future", "option", "other",
)  # fmt: skip
WRITE: LiteralString = """
with told as (
    select * from unnest(%(listing)s::bigint[], %(name)s::text[], %(isin)s::text[], %(sector)s::text[],
                         %(geography)s::text[], %(kind)s::text[], %(currency)s::text[])
                    as t (listing_id, name, isin, sector, geography, kind, currency)
), known as (
    select t.*, k.*, (t.name is not null and t.name is distinct from k.known_name)
                  or (t.isin is not null and t.isin is distinct from k.known_isin)
                  or (t.sector is not null and t.sector is distinct from k.known_sector)
                  or (t.geography is not null and t.geography is distinct from k.known_geography)
                  or (t.kind is not null and t.kind is distinct from k.known_kind)
                  or (t.currency is not null and t.currency is distinct from k.known_currency) as differs
      from told t
     cross join lateral (
           select count(*) > 0 as described,
                  (array_agg(d.name order by d.sequence desc) filter (where d.name is not null))[1] as known_name,
                  (array_agg(d.isin order by d.sequence desc) filter (where d.isin is not null))[1] as known_isin,
                  (array_agg(d.sector order by d.sequence desc) filter (where d.sector is not null))[1]
                      as known_sector,
                  (array_agg(d.geography order by d.sequence desc) filter (where d.geography is not null))[1]
                      as known_geography,
                  (array_agg(d.kind order by d.sequence desc) filter (where d.kind is not null))[1] as known_kind,
                  (array_agg(d.currency order by d.sequence desc) filter (where d.currency is not null))[1]
                      as known_currency
             from market.description d where d.listing_id = t.listing_id and d.owner = %(owner)s) k
), written as (
    insert into market.description (listing_id, owner, sequence, recorded_at, name, isin, sector, geography, kind,
                                    currency)
    select listing_id, %(owner)s, %(sequence)s, %(recorded_at)s, name, isin, sector, geography, kind, currency
      from known
     where differs
)
select listing_id, '', described from known where differs"""
_KIND_WORDS: Final = {
    **{kind: kind for kind in KNOWN_KINDS},
    **dict.fromkeys(
        ("stock", "commonstock", "share", "shares", "preferred", "adr", "reit", "equities"), "equity"
    ),
    **dict.fromkeys(("exchangetradedfund", "etn", "etp"), "etf"),
    **dict.fromkeys(("mutualfund", "mutualfunds", "funds"), "fund"),
    **dict.fromkeys(("fixedincome", "bonds", "note", "treasury"), "bond"),
    **dict.fromkeys(("fx", "forex", "cash"), "currency"),
    **dict.fromkeys(("cryptocurrency",), "crypto"),
    **dict.fromkeys(("indices", "indexes"), "index"),
}


def parse_instruments(content: Content, findings: Findings, today: date) -> Parsed:
    """Read descriptions of instruments; what a row leaves open stays as it is."""
    named = Instruments.of(content, findings)
    columns = {name: _words(content, name, findings) for name in FIELDS}

    async def write(connection: AsyncConnection[Any], work: Import) -> Written:
        rows = await resolve_rows(connection, work, named, findings, describing=True)
        said = [
            (*(columns[name].at(place) for name in FIELDS), key.currency if listing in rows.told else None)
            for place, (listing, key) in enumerate(zip(rows.listing_ids, rows.keys, strict=True))
        ]
        found = each_once(rows.listing_ids, said, findings, "ticker")
        told = {
            name: [values[index] for values in found.values()]
            for index, name in enumerate((*FIELDS, "currency"))
        }
        written = await upsert(connection, WRITE, {"listing": list(found), **told, **work._asdict()})
        revised = sum(1 for row in written if row[2])
        new = {listing for listing, *_ in written} | set(rows.new_ids)
        return Written(
            valid=valid_rows(findings),
            new=len(new) - revised,
            revised=revised,
            created=len(rows.new_ids),
            told={"listing_ids": sorted(new)},
        )

    return Parsed(content=content, findings=findings, write=write)


def _words(content: Content, name: str, findings: Findings) -> Words[str | None]:
    if name not in content.columns:
        return no_words(len(content.rows), None)
    return words_of(content.columns[name], name, findings, _READERS[name], None)


def _name(text: str) -> str | None:
    return words.tidy(text)[:200] or None


def _kind(text: str) -> str | Noted[str | None] | None:
    word = words.tidy(text)
    known = _KIND_WORDS.get(re.sub(r"[^a-z]", "", word.casefold()))
    if word and known is None:
        return Noted(
            None, f"Kind '{word[:40]}' is not known and was left out; known: {', '.join(KNOWN_KINDS)}."
        )
    return known


_READERS: Final[dict[str, Any]] = {
    "name": _name,
    "isin": identifier_reader("isin"),
    "sector": words.sector,
    "geography": words.geography,
    "kind": _kind,
}
