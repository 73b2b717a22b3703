"""What tasks in a calculator process work with; nothing of it exists before the first task that needs it."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from application.history.past import History
from application.ledger import Ledger
from application.market.history import MarketHistory
from bootstrap.ledger import ledger_on
from bootstrap.settings import Settings
from infrastructure.eventstore.history import PostgresEventReader
from infrastructure.postgres.connect import pool
from infrastructure.postgres.datasets import PostgresDatasets

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

    from infrastructure.marketdata.cached import CachedMarketHistory

PROCESS = "calculator"
CONNECTIONS = 2
KEPT_BYTES = 256 * 1024 * 1024
"""Decoded bars that a process keeps: 1,000 listings of 10 years."""


class Toolbox:
    """Market data, the log and the write side, all as the API's own role."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def connections(self) -> "AsyncConnectionPool[Any]":
        """The connections to the database; open once `ready` has returned."""
        assert self.settings.api_database_url is not None
        return pool(self.settings.api_database_url, PROCESS, size=CONNECTIONS)

    @cached_property
    def log(self) -> PostgresEventReader:
        """The recorded events of one tenant."""
        ledger_on(self.connections)  # registers what events decode into
        return PostgresEventReader(self.connections)

    @cached_property
    def events(self) -> History:
        """Portfolios as they were."""
        return History(self.log)

    @cached_property
    def ledger(self) -> Ledger:
        """The write side, for imports."""
        return ledger_on(self.connections)

    @cached_property
    def datasets(self) -> PostgresDatasets:
        """The figures that optimisations are computed on."""
        return PostgresDatasets(self.connections)

    async def market(self, tenant: str) -> MarketHistory:
        """Market data as arrays as it is now: for one task, which sees no import that comes in the middle of it."""
        return await self._market.pinned(tenant)

    @cached_property
    def _market(self) -> "CachedMarketHistory":
        from infrastructure.marketdata.cached import CachedMarketHistory

        return CachedMarketHistory(
            self.connections, stale_days=self.settings.stale_price_days, max_bytes=KEPT_BYTES
        )

    async def ready(self) -> None:
        """Open the connections, the first time."""
        if self.connections.closed:
            await self.connections.open()
