"""The tiers of tenants, asked for once a second at most."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any, Final, LiteralString, cast

from psycopg_pool import AsyncConnectionPool

from application.tiers import Tier
from domain.errors import Unavailable
from infrastructure.postgres.away import said_as_unavailable

REMEMBERED_SECONDS: Final = 1.0
REMEMBERED_TENANTS: Final = 10_000
WAIT_SECONDS: Final = 0.5
"""How long a request waits for a database that may be away; the tier last known serves as well."""
_TIER: LiteralString = "select identity.tier_of(%s)"


class PostgresTiers:
    """The `Tiers` port. `clock` gives monotonic seconds."""

    def __init__(
        self,
        connections: AsyncConnectionPool[Any],
        default: Tier,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._connections = connections
        self._default = default
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Tier]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Tier]] = {}

    async def tier_of(self, tenant: str) -> Tier:
        """See `Tiers.tier_of`."""
        known = self._known.get(tenant)
        if known is not None and known[0] > self._clock():
            return known[1]
        asking = self._asking.get(tenant)
        if asking is None:
            asking = self._asking[tenant] = asyncio.create_task(self._ask(tenant))
            asking.add_done_callback(lambda _: self._asking.pop(tenant, None))
        return await asyncio.shield(asking)

    async def tier_now(self, tenant: str) -> Tier:
        """See `Tiers.tier_now`."""
        return await self._ask(tenant)

    async def _ask(self, tenant: str) -> Tier:
        # The second begins before the question: what is changed while it is asked may not be in the answer.
        until = self._clock() + REMEMBERED_SECONDS
        try:
            with said_as_unavailable():
                async with self._connections.connection(timeout=WAIT_SECONDS) as connection:
                    row = await (await connection.execute(_TIER, (tenant,))).fetchone()
            tier = cast("Tier", row[0]) if row and row[0] else self._default
        except Unavailable:
            until = self._clock() + REMEMBERED_SECONDS
            tier = self._known[tenant][1] if tenant in self._known else self._default
        self._known[tenant] = until, tier
        self._known.move_to_end(tenant)
        while len(self._known) > REMEMBERED_TENANTS:
            self._known.popitem(last=False)
        return tier
