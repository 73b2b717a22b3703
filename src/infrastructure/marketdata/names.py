"""What a tenant means by the name of an instrument."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import LiteralString

import msgspec

from application.market.quotes import Listing, Name
from domain.market import SHARED
from infrastructure.imports.vocabulary import market_code
from infrastructure.marketdata.moments import known_by
from infrastructure.postgres.reads import TenantReads

CANDIDATES: LiteralString = """
    with known as (
        select distinct on (a.alias, a.owner) a.alias, a.owner, a.listing_id, a.note
          from market.alias a
         where a.alias = any (%(tickers)s) and a.owner in ('*', %(tenant)s) and a.recorded_at <= %(known_at)s
         order by a.alias, a.owner, a.sequence desc
    )
    select l.*, coalesce((select json_agg(json_build_object('alias', k.alias, 'note', k.note))
                            from known k where k.listing_id = l.listing_id), '[]') as aliases
      from market.listings(%(tenant)s, %(known_at)s) l
     where l.listing_id = any (array(
               select listing_id from market.listing where ticker = any (%(tickers)s)
               union select listing_id from known
               union select listing_id from market.description where isin = any (%(isins)s)))"""


class Alias(msgspec.Struct, frozen=True):
    """Another name of a listing; with a note, the listing only stands in for what the name means."""

    alias: str
    note: str | None


class Candidate(Listing, frozen=True, kw_only=True):
    """A listing that a name may mean, and whose it is."""

    owner: str
    aliases: tuple[Alias, ...] = ()

    def listing(self) -> Listing:
        """Return what the rest of the service calls it."""
        return Listing(**{field: getattr(self, field) for field in Listing.__struct_fields__})


async def candidates(
    reads: TenantReads, tenant: str, names: Iterable[Name], known_at: datetime | None
) -> list[Candidate]:
    """Return every listing that one of the names may mean."""
    asked = list(names)
    params = {
        "tenant": tenant,
        "known_at": known_by(known_at),
        "tickers": sorted({name.ticker.upper() for name in asked}),
        "isins": sorted({name.isin for name in asked if name.isin}),
    }
    return await reads.rows(tenant, CANDIDATES, params, Candidate)


async def resolve(
    reads: TenantReads, tenant: str, names: Sequence[Name], known_at: datetime | None = None
) -> list[Listing | None]:
    """Return what each name means to a tenant, None where it means nothing."""
    if not names:
        return []
    known = _by_name(await candidates(reads, tenant, set(names), known_at))
    return [_meant(name, known) for name in names]


def _by_name(found: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    known: dict[str, list[Candidate]] = {}
    for candidate in found:
        called = {candidate.ticker, *(alias.alias for alias in candidate.aliases if alias.note is None)}
        for word in called | ({candidate.isin} if candidate.isin else set()):
            known.setdefault(word, []).append(candidate)
    return known


def _meant(name: Name, known: dict[str, list[Candidate]]) -> Listing | None:
    called = [*known.get(name.isin or "", ()), *known.get(name.ticker.upper(), ())]
    ranked = [(rank, candidate) for candidate in called if (rank := _rank(name, candidate)) is not None]
    return min(ranked, key=lambda pair: pair[0])[1].listing() if ranked else None


def _rank(name: Name, listing: Candidate) -> tuple[bool, bool, int, bool, int] | None:
    """Order of preference, None for a listing that the name cannot mean.

    Another currency or another ISIN is another thing. Another exchange comes last, since files say `NYSE` of what
    trades on ten; then own before shared, and the more precise way of having found it.
    """
    if name.currency and listing.currency and name.currency != listing.currency:
        return None
    same_isin = name.isin is not None and name.isin == listing.isin
    if name.isin and listing.isin and not same_isin:
        return None
    exchange = (market_code(name.exchange) or name.exchange) if name.exchange else None
    elsewhere = exchange is not None and listing.exchange is not None and exchange != listing.exchange
    found_by = 0 if same_isin else 3 if listing.ticker != name.ticker.upper() else 2
    if found_by == 2 and exchange is not None and exchange == listing.exchange:
        found_by = 1
    return (
        elsewhere,
        listing.owner == SHARED,
        found_by,
        name.currency != listing.currency,
        listing.listing_id,
    )
