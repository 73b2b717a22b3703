"""Exchange rates for the projector, read on its own connection, in its own transaction."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.market import SHARED
from domain.valuation import Rates
from infrastructure.marketdata.rates import TenantRatesReader

WITH_IMPORTS: LiteralString = """
select distinct owner from market.import where kind = 'fx' and owner = any(%s)"""


class ProjectedRates:
    """The rates of many tenants at once; nearly none has imported any, and these share the bank's."""

    def __init__(self, bank: Rates) -> None:
        self._bank = bank
        self._lent = _Lent()
        self._reader = TenantRatesReader(self._lent, bank)  # type: ignore[arg-type]

    async def of(self, connection: AsyncConnection[Any], tenants: Collection[str]) -> Mapping[str, Rates]:
        """Return every tenant's rates."""
        cursor = await connection.execute(WITH_IMPORTS, ([SHARED, *tenants],))
        owners = {row[0] for row in await cursor.fetchall()}
        concerned = tenants if SHARED in owners else owners.intersection(tenants)
        self._lent.current = connection
        own = {tenant: await self._reader.rates_for(tenant) for tenant in sorted(concerned)}
        return {tenant: own.get(tenant, self._bank) for tenant in tenants}


class _Lent:
    """A pool of the one connection that is at work."""

    current: AsyncConnection[Any]

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        yield self.current
