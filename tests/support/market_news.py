"""Imports of market data that are told, too: rows in the tables, then the event that says so."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from tests.support.callers import a_caller
from tests.support.market import MarketData

from application.ledger import Ledger, Unit
from domain.market import SHARED, Kind, Market, market_id


class MarketNews:
    """Imports of one owner; each returns the position of its event."""

    def __init__(self, database_url: str, ledger: Ledger, owner: str = SHARED) -> None:
        self._url, self._ledger, self._owner = database_url, ledger, owner
        self.data = MarketData(database_url, owner)

    async def prices(self, closes: Mapping[str | int, float], day: date, *, currency: str = "USD") -> int:
        """One bar each of tickers, or of listings by id."""
        ids = [self.data.bars(name, [day], [close], currency=currency) for name, close in closes.items()]
        return await self._told("prices", listing_ids=ids, tickers=[str(name) for name in closes])

    async def split(self, listing_id: int, ex_date: date, value: float) -> int:
        """A split."""
        self.data.split(listing_id, ex_date, value)
        return await self._told("actions", listing_ids=[listing_id], tickers=[])

    async def listing(self, ticker: str, **described: Any) -> int:
        """An instrument with its description and aliases; return its event's position."""
        listing_id = self.data.listing(ticker, **described)
        return await self._told("instruments", listing_ids=[listing_id], tickers=[ticker])

    async def fx(self, source: str, target: str, day: date, rate: float) -> int:
        """An exchange rate."""
        self.data.fx(source, target, {day: rate})
        return await self._told("fx", currencies=sorted({source, target}))

    async def _told(self, kind: Kind, **content: Any) -> int:
        facts = {"source": "test", "filename": "", "sha256": "", "rows": 1, "revised": 0}
        async with self._ledger.unit(a_caller(self._owner)) as unit:
            market = await _market(unit, self._owner)
            market.tell(
                kind,
                at=unit.now,
                import_id=uuid4(),
                sequence=self._last_sequence(),
                start=None,
                end=None,
                **facts,
                **content,
            )
            done = await unit.commit(None)
        assert done.position is not None
        return done.position

    def _last_sequence(self) -> int:
        with psycopg.connect(self._url) as connection:
            found = connection.execute("select max(sequence) from market.import").fetchone()
        assert found is not None
        return int(found[0])


async def _market(unit: Unit, owner: str) -> Market:
    known = await unit._load(Market, market_id(owner))
    return known or unit.start(
        Market.start(Market.Started, id=market_id(owner), tenant_id=owner, effective_at=unit.now)
    )


def days_from_today(days: int) -> date:
    """A day relative to today."""
    return date.today() + timedelta(days=days)  # noqa: DTZ011 imports hold from today
