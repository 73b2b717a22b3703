"""Imports of market data in the test's own process: the same task, without the seconds that a process takes."""

from typing import Any, TypeVar

import msgspec
from psycopg_pool import AsyncConnectionPool

from bootstrap.ledger import ledger_on
from infrastructure.marketdata.importing.imports import PostgresMarketImports

T = TypeVar("T")


class MarketImportsHere:
    """The `Calculations` port as far as imports of market data need it."""

    def __init__(self, connections: AsyncConnectionPool[Any]) -> None:
        ledger_on(connections)  # registers what events decode into
        self._imports = PostgresMarketImports(connections)

    async def run(
        self, task: str, request: Any, answer: type[T], *, tenant: str = "", attachment: bytes = b""
    ) -> T:
        """Import; what goes in and out is encoded on the way, as it is between processes."""
        assert task == "market.import"
        command = msgspec.msgpack.decode(msgspec.msgpack.encode(request), type=type(request))
        done = await self._imports.run(command, attachment)
        return msgspec.msgpack.decode(msgspec.msgpack.encode(done), type=answer)
