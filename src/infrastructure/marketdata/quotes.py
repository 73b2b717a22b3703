"""Newest prices, for processes that never make arrays of them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import LiteralString

import msgspec

from application.market.quotes import Listing, Quote, Wanted
from infrastructure.marketdata import names
from infrastructure.marketdata.moments import known_by
from infrastructure.marketdata.today import utc_today
from infrastructure.postgres.reads import TenantReads

NEWEST: LiteralString = """
    with bar as (
        select b.listing_id, b.owner, b.day, b.close, b.sequence
          from market.newest_bar b
         where b.listing_id = any (%(ids)s::bigint[]) and b.owner in ('*', %(tenant)s)
        union all
        select b.listing_id, b.owner, b.previous_day, b.previous_close, b.sequence
          from market.newest_bar b
         where b.listing_id = any (%(ids)s::bigint[]) and b.owner in ('*', %(tenant)s)
           and b.previous_day is not null
    ), known as (
        select distinct on (listing_id, day) * from bar order by listing_id, day, owner = '*'
    )"""
"""The two newest bars of a listing are among the two newest of each owner; own before shared on one day."""

UPTO: LiteralString = """
    with known as (
        select asked.listing_id, b.owner, b.day, b.close, b.sequence
          from unnest(%(ids)s::bigint[]) asked (listing_id)
         cross join lateral (
               select min(y.year) as first
                 from (select distinct b.year from market.bars b
                        where b.listing_id = asked.listing_id and b.owner in ('*', %(tenant)s)
                          and b.recorded_at <= %(known_at)s and b.days[1] <= %(upto)s::date
                        order by b.year desc limit 2) y) years
         cross join lateral (
               select * from market.bars_of(%(tenant)s, asked.listing_id, make_date(years.first, 1, 1),
                                            %(upto)s::date, %(known_at)s)
                order by day desc limit 2) b
         where years.first is not null
    )"""
"""The two newest bars up to a day are in the two newest years that have any by then."""

QUOTED: LiteralString = """
    select n.listing_id, n.day, n.close, n.previous_day, n.previous_close, i.source,
           coalesce((select json_agg(json_build_array(a.ex_date, a.value) order by a.ex_date) from (
               select distinct on (a.ex_date) a.ex_date, a.value from market.action a
                where a.listing_id = n.listing_id and a.kind = 'split' and a.owner in ('*', %(tenant)s)
                  and a.recorded_at <= %(known_at)s and a.ex_date <= n.day
                order by a.ex_date, a.owner = '*', a.sequence desc) a), '[]') as splits
      from (select *, row_number() over newest as age, lead(day) over newest as previous_day,
                   lead(close) over newest as previous_close
              from known window newest as (partition by listing_id order by day desc)) n
      join market.import i using (sequence)
     where n.age = 1"""

CLOCK: LiteralString = "select day from market.clock where owner = %(tenant)s"


class _Newest(msgspec.Struct):
    listing_id: int
    day: date
    close: Decimal
    previous_day: date | None
    previous_close: Decimal | None
    source: str
    splits: list[tuple[date, Decimal]]

    def factor(self, since: date) -> Decimal:
        """Return what one unit of the end of a day has become by the day of the quote."""
        factor = Decimal(1)
        for ex_date, value in self.splits:
            if ex_date > since:
                factor *= value
        return factor


class _Clock(msgspec.Struct):
    day: date


class PostgresQuotes:
    """Implements `application.market.quotes.Quotes`.

    `previous_close` is in units of the quote's day, so that a split in between is no change of price.
    """

    def __init__(self, reads: TenantReads, *, today: Callable[[], date] = utc_today) -> None:
        self._reads = reads
        self._today = today

    async def quotes(
        self,
        tenant: str,
        wanted: Sequence[Wanted],
        *,
        upto: date | None = None,
        known_at: datetime | None = None,
    ) -> list[Quote | None]:
        """Return the newest quote of each holding on or before a day, None where there is none."""
        listings = await names.resolve(self._reads, tenant, [want.name for want in wanted], known_at)
        ids = sorted({listing.listing_id for listing in listings if listing is not None})
        newest = await self._newest(tenant, ids, upto, known_at)
        return [
            _quote(listing, newest[listing.listing_id], want.since)
            if listing is not None and listing.listing_id in newest
            else None
            for want, listing in zip(wanted, listings, strict=True)
        ]

    async def clock(self, tenant: str) -> date:
        """Return today, or the day the tenant is pinned to."""
        pinned = await self._reads.one(tenant, CLOCK, {"tenant": tenant}, _Clock)
        return self._today() if pinned is None else pinned.day

    async def _newest(
        self, tenant: str, ids: Sequence[int], upto: date | None, known_at: datetime | None
    ) -> dict[int, _Newest]:
        if known_at is not None:
            return await self._read(tenant, UPTO + QUOTED, ids, upto or date.max, known_at)
        found = await self._read(tenant, NEWEST + QUOTED, ids, date.max, None)
        if upto is None:
            return found
        timely = {key: newest for key, newest in found.items() if newest.day <= upto}
        later = [key for key in found if key not in timely]
        return timely | await self._read(tenant, UPTO + QUOTED, later, upto, None)

    async def _read(
        self, tenant: str, query: LiteralString, ids: Sequence[int], upto: date, known_at: datetime | None
    ) -> dict[int, _Newest]:
        if not ids:
            return {}
        params = {"tenant": tenant, "ids": list(ids), "upto": upto, "known_at": known_by(known_at)}
        return {row.listing_id: row for row in await self._reads.rows(tenant, query, params, _Newest)}


def _quote(listing: Listing, newest: _Newest, since: date) -> Quote:
    previous = newest.previous_close
    if previous is not None and newest.previous_day is not None:
        previous /= newest.factor(newest.previous_day)
    return Quote(
        listing=listing,
        day=newest.day,
        close=newest.close,
        previous_day=newest.previous_day,
        previous_close=previous,
        source=newest.source,
        split_factor=newest.factor(since),
    )
