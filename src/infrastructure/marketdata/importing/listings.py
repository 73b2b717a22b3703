"""Which listing a row is about: one that the owner can see, or a new one of its own."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, LiteralString, NamedTuple

import numpy as np
from psycopg import AsyncConnection

from infrastructure.imports.findings import Flaw
from infrastructure.marketdata.importing.findings import Findings
from infrastructure.marketdata.importing.prices import Instruments, Key
from infrastructure.marketdata.importing.work import Import

CANDIDATES: LiteralString = """
select listing_id, owner, ticker, exchange, coalesce(currency, market.told_currency(%(owner)s, listing_id)),
       currency is null
  from market.listing where ticker = any(%(tickers)s) and owner in ('*', %(owner)s) order by listing_id"""
CREATE: LiteralString = """
insert into market.listing (owner, ticker, exchange, currency, sequence, recorded_at)
select %s, k.ticker, k.exchange, k.currency, %s, %s
  from unnest(%s::text[], %s::text[], %s::text[]) with ordinality k (ticker, exchange, currency, place)
 order by k.place
returning listing_id, ticker, exchange, currency"""


class Candidate(NamedTuple):
    """A listing that a row may mean; `began_without` a currency it may have been told one, or not yet."""

    listing_id: int
    owner: str
    ticker: str
    exchange: str | None
    currency: str | None
    began_without: bool = False


class Resolved(NamedTuple):
    """The listing of each key; no listing where the key may mean several, with what to say of it.

    told : currencies that keys tell of listings which began without one.
    """

    listing_ids: list[int]
    new_ids: list[int]
    flaws: dict[int, Flaw]
    told: dict[int, str]

    @property
    def created(self) -> int:
        """How many listings nobody knew before."""
        return len(self.new_ids)


async def resolve(
    connection: AsyncConnection[Any], work: Import, keys: Sequence[Key], *, describing: bool = False
) -> Resolved:
    """Return the listing of every key, creating those that nobody knows.

    describing : whether a key's currency may be news about a listing that has none; else it is another listing.
    """
    tickers = sorted({key.ticker for key in keys})
    cursor = await connection.execute(CANDIDATES, {"tickers": tickers, "owner": work.owner})
    known: dict[str, list[Candidate]] = defaultdict(list)
    for row in await cursor.fetchall():
        known[row[2]].append(Candidate(*row))
    chosen = choose_to_describe if describing else choose
    found = [chosen(key, known[key.ticker], work.owner) for key in keys]
    created = await _create(
        connection, work, [key for key, one in zip(keys, found, strict=True) if one is None]
    )
    flaws = {place: one for place, one in enumerate(found) if isinstance(one, Flaw)}
    listing_ids = [
        created[key] if one is None else 0 if isinstance(one, Flaw) else one.listing_id
        for key, one in zip(keys, found, strict=True)
    ]
    told = {
        one.listing_id: key.currency
        for key, one in zip(keys, found, strict=True)
        if isinstance(one, Candidate) and one.began_without and key.currency is not None
    }
    return Resolved(listing_ids, sorted(created.values()), flaws, told)


class Rows(NamedTuple):
    """The key and the listing of every row, 0 where the row has errors; `told` as in Resolved."""

    keys: list[Key]
    listing_ids: list[int]
    new_ids: list[int]
    told: dict[int, str]


async def resolve_rows(
    connection: AsyncConnection[Any],
    work: Import,
    named: Instruments,
    findings: Findings,
    *,
    describing: bool = False,
) -> Rows:
    """Return the listings of valid rows; a row that may mean several is an error from here on."""
    keys, key_of = named.keys(slice(None))
    used = np.unique(key_of[~findings.bad]).tolist()
    resolved = await resolve(connection, work, [keys[index] for index in used], describing=describing)
    flaw_of = {used[place]: flaw for place, flaw in resolved.flaws.items()}
    unclear = np.isin(key_of, list(flaw_of)) & ~findings.bad
    findings.error(unclear, "ticker", lambda place: flaw_of[int(key_of[place])])
    listing_of = dict(zip(used, resolved.listing_ids, strict=True))
    indices = key_of.tolist()
    return Rows(
        keys=[keys[index] for index in indices],
        listing_ids=[listing_of.get(index, 0) for index in indices],
        new_ids=resolved.new_ids,
        told=resolved.told,
    )


def choose(key: Key, candidates: Iterable[Candidate], owner: str) -> Candidate | Flaw | None:
    """Return the listing a key means, None for a new one, a Flaw where it may mean several.

    What the key says must be so; what it leaves open may be anything. The owner's own come before the shared
    ones, and an exact match before all.
    """
    fitting = [one for one in candidates if _fits(key, one)]
    exact = [one for one in fitting if (one.exchange, one.currency) == (key.exchange, key.currency)]
    own = [one for one in fitting if one.owner == owner]
    for group in (
        [one for one in exact if one.owner == owner],
        [one for one in own if one.exchange == key.exchange],
        own,
        exact,
        [one for one in fitting if one.exchange == key.exchange],
        fitting,
    ):
        if len(group) == 1:
            return group[0]
    return _ambiguous(key, own or fitting) if fitting else None


def choose_to_describe(key: Key, candidates: Iterable[Candidate], owner: str) -> Candidate | Flaw | None:
    """Return what a key means, else a listing without a currency that would be meant if it had the key's."""
    known = list(candidates)
    found = choose(key, known, owner)
    if found is not None or key.currency is None:
        return found
    return choose(key, [one._replace(currency=key.currency) for one in known if one.currency is None], owner)


def _fits(key: Key, one: Candidate) -> bool:
    if key.currency not in (None, one.currency):
        return False
    unknown_place = one.exchange is None and key.currency is not None
    return key.exchange in (None, one.exchange) or unknown_place


def _ambiguous(key: Key, candidates: list[Candidate]) -> Flaw:
    names = ", ".join(f"{one.exchange or 'no exchange'} in {one.currency or '?'}" for one in candidates[:5])
    return Flaw(
        "ambiguous_ticker",
        f"{key.ticker} is listed several times: {names}",
        "Say which by exchange and currency.",
    )


async def _create(connection: AsyncConnection[Any], work: Import, keys: list[Key]) -> dict[Key, int]:
    if not keys:
        return {}
    columns = ([key[place] for key in keys] for place in range(3))
    cursor = await connection.execute(CREATE, (work.owner, work.sequence, work.recorded_at, *columns))
    return {Key(*row[1:]): row[0] for row in await cursor.fetchall()}
