"""The API without one of its guards: what the guard costs is the difference.

`python -m tests.bench.baselines.unguarded GUARD`, with the environment of the API.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from tests.bench.facts import TENANT

import bootstrap.api
from api.authentication import Authenticator
from api.exchange import Exchange
from application.caller import DEFAULT_SCOPES, Caller
from bootstrap.cli._process import run_process
from infrastructure.postgres import reads


def without_authentication() -> None:
    """Take everybody for the tenant of the benchmarks."""

    async def caller(_: Authenticator, exchange: Exchange) -> Caller:
        return Caller(
            tenant=TENANT,
            actor="bench",
            scopes=DEFAULT_SCOPES,
            correlation_id=exchange.correlation_id,
            causation_id=exchange.request_id,
            traceparent=exchange.traceparent,
            address=exchange.peer,
        )

    Authenticator.caller = caller  # type: ignore[method-assign]


def without_limits() -> None:
    """Count nothing."""
    module: Any = bootstrap.api
    module.limit_parts = lambda *_: None
    module.usage_reader = lambda _: None


def without_row_level_security() -> None:
    """Read without saying for whom; the process connects as the owner, whom no policy concerns."""

    async def text(self: Any, tenant: str, query: Any, params: dict[str, Any]) -> str:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query, params)
            found = await cursor.fetchone()
        return str(found[0]) if found else "[]"

    reads.TenantReads._text = text  # type: ignore[method-assign]


GUARDS: Mapping[str, Callable[[], None]] = {
    "authentication": without_authentication,
    "limits": without_limits,
    "row-level-security": without_row_level_security,
}


if __name__ == "__main__":
    GUARDS[sys.argv[1]]()
    run_process("api", "bootstrap.api")
