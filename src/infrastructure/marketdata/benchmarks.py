"""Benchmarks: the listing whose prices are their levels, and what they consist of."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import LiteralString

import msgspec

from application.market.history import Constituent, ConstituentSet
from application.market.quotes import Listing, Name
from domain.market import SHARED
from infrastructure.marketdata.moments import known_by
from infrastructure.marketdata.names import Candidate, candidates, resolve
from infrastructure.postgres.reads import TenantReads

PRICED: LiteralString = """
    select distinct on (b.listing_id) b.listing_id, i.source
      from market.bars b join market.import i using (sequence)
     where b.listing_id = any (%(ids)s::bigint[]) and b.owner in ('*', %(tenant)s)
       and b.recorded_at <= %(known_at)s
     order by b.listing_id, b.owner = '*', b.sequence desc"""

MEMBERS: LiteralString = """
    select c.owner, c.day, c.ticker, c.weight, c.sector, c.listing_id, i.source
      from market.constituents c
      join (select owner, day, max(sequence) as sequence from market.constituents
             where benchmark = %(benchmark)s and owner in ('*', %(tenant)s) and recorded_at <= %(known_at)s
             group by owner, day) newest using (owner, day, sequence)
      join market.import i using (sequence)
     where c.benchmark = %(benchmark)s
     order by c.day, c.ticker"""

OF_MEMBERS: LiteralString = """
    select * from market.listings(%(tenant)s, %(known_at)s) where listing_id = any (%(ids)s::bigint[])"""


class Levels(msgspec.Struct, frozen=True, kw_only=True):
    """The listing a benchmark's ticker means; `is_priced` tells whether its prices are known.

    note : what it stands in for, where it is not the benchmark itself.
    """

    listing: Listing
    is_priced: bool
    source: str
    note: str | None


class _Priced(msgspec.Struct):
    listing_id: int
    source: str


class _Member(msgspec.Struct):
    owner: str
    day: date
    ticker: str
    weight: float
    sector: str | None
    listing_id: int | None
    source: str


async def levels(reads: TenantReads, tenant: str, ticker: str, known_at: datetime | None) -> Levels | None:
    """Return what a benchmark's ticker means: what has prices first, itself before a stand-in, own before shared."""
    found = await candidates(reads, tenant, [Name(ticker)], known_at)
    params = {
        "tenant": tenant,
        "known_at": known_by(known_at),
        "ids": [candidate.listing_id for candidate in found],
    }
    priced = {row.listing_id: row.source for row in await reads.rows(tenant, PRICED, params, _Priced)}
    choices = [
        (
            (
                candidate.listing_id not in priced,
                (note := _stands_in(candidate, ticker)) is not None,
                candidate.owner == SHARED,
                candidate.ticker != ticker,
                candidate.listing_id,
            ),
            candidate,
            note,
        )
        for candidate in found
    ]
    if not choices:
        return None
    _, chosen, note = min(choices, key=lambda choice: choice[0])
    return Levels(
        listing=chosen.listing(),
        is_priced=chosen.listing_id in priced,
        source=priced.get(chosen.listing_id, ""),
        note=note,
    )


def _stands_in(candidate: Candidate, ticker: str) -> str | None:
    if candidate.ticker == ticker:
        return None
    notes = [alias.note for alias in candidate.aliases if alias.alias == ticker]
    return None if None in notes else next(iter(notes), None)


async def constituents(
    reads: TenantReads, tenant: str, benchmark: str, known_at: datetime | None
) -> tuple[tuple[ConstituentSet, ...], str]:
    """Return the dated sets of a benchmark and their source; a tenant's own first set ends the shared ones."""
    params = {"tenant": tenant, "known_at": known_by(known_at), "benchmark": benchmark}
    members = await reads.rows(tenant, MEMBERS, params, _Member)
    first_own = min((member.day for member in members if member.owner != SHARED), default=date.max)
    counted = [member for member in members if member.owner != SHARED or member.day < first_own]
    listings = await _listings(reads, tenant, counted, known_at)
    sets: dict[date, list[Constituent]] = defaultdict(list)
    for member in counted:
        listing = listings.get(member.listing_id or member.ticker)
        sets[member.day].append(
            Constituent(
                ticker=member.ticker,
                weight=member.weight,
                sector=member.sector or (listing.sector if listing else None),
                listing=listing,
            )
        )
    source = ", ".join(sorted({member.source for member in counted}))
    return tuple(ConstituentSet(day=day, members=tuple(found)) for day, found in sorted(sets.items())), source


async def _listings(
    reads: TenantReads, tenant: str, members: Iterable[_Member], known_at: datetime | None
) -> dict[int | str, Listing]:
    ids = sorted({member.listing_id for member in members if member.listing_id is not None})
    params = {"tenant": tenant, "known_at": known_by(known_at), "ids": ids}
    found: dict[int | str, Listing] = {
        listing.listing_id: listing for listing in await reads.rows(tenant, OF_MEMBERS, params, Listing)
    }
    unnamed = [Name(ticker) for ticker in sorted({m.ticker for m in members if m.listing_id is None})]
    meant = await resolve(reads, tenant, unnamed, known_at)
    return found | {
        name.ticker: listing for name, listing in zip(unnamed, meant, strict=True) if listing is not None
    }
