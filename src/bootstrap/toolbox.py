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

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

PROCESS = "calculator"
CONNECTIONS = 2


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
    def history(self) -> MarketHistory:
        """Market data as arrays."""
        from infrastructure.marketdata.history import PostgresMarketHistory

        return PostgresMarketHistory(self.connections)

    async def ready(self) -> None:
        """Open the connections, the first time."""
        if self.connections.closed:
            await self.connections.open()
