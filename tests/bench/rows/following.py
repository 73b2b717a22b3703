"""How soon what was recorded is visible, and what waiting for it costs a writer."""

import asyncio
import time
from datetime import UTC, datetime

import psycopg
from tests.bench.client import Client, aside
from tests.bench.facts import TENANT, registrations
from tests.bench.measuring import Row, at_most, in_turns, percentile, spread_row
from tests.bench.scale import Scale
from tests.bench.servers import Servers, api_and_projector

from infrastructure.eventstore.append import GroupCommit
from infrastructure.postgres.connect import pool

EVENTS_PER_SECOND = 500


async def measure(servers: Servers, scale: Scale) -> list[Row]:
    """Lag of the read models at a steady rate, then writes that wait for them and writes that do not."""
    url = servers.store("lag")
    async with api_and_projector(servers, url) as api:
        lags = await _lags(url, scale.lag_seconds)
        client = Client(api.port, api.token(TENANT))

        async def waiting() -> float:
            return float(await aside(_median_register, client, scale.settled_requests, None))

        async def at_once() -> float:
            return float(await aside(_median_register, client, scale.settled_requests, "respond-async"))

        await waiting(), await at_once()
        pairs = await in_turns(waiting, at_once, scale.turns)
        client.close()
    added = [(pair.ours - pair.baseline) * 1e3 for pair in pairs]
    p50, p99 = (percentile(lags, share) * 1e3 for share in (0.5, 0.99))
    rate = f"live lag at {EVENTS_PER_SECOND} events/s"
    return [
        spread_row("5", f"{rate}, p50", at_most(5, "ms"), [p50], {"events": len(lags)}),
        spread_row("5b", f"{rate}, p99", at_most(100, "ms"), [p99]),
        spread_row("5c", "read-your-writes adds, p50", at_most(10, "ms"), added),
    ]


async def _lags(url: str, seconds: float) -> list[float]:
    """Seconds from `recorded_at` of each event to the word that the read models show it."""
    recorded: dict[int, datetime] = {}
    shown: list[tuple[int, datetime]] = []
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as listener:
        await listener.execute("listen trimtab_projected")
        listening = asyncio.create_task(_listen(listener, shown))
        last = await _append_steadily(url, seconds)
        async with asyncio.timeout(30):
            while not shown or shown[-1][0] < last:
                await asyncio.sleep(0.01)
        listening.cancel()
        cursor = await listener.execute("select position, recorded_at from events.event")
        recorded = dict(await cursor.fetchall())
    lags, words = [], iter(shown)
    reached, at = next(words)
    for position, moment in sorted(recorded.items()):
        while reached < position:
            reached, at = next(words)
        lags.append((at - moment).total_seconds())
    return lags


async def _listen(listener: "psycopg.AsyncConnection", shown: list[tuple[int, datetime]]) -> None:
    async for word in listener.notifies():
        shown.append((int(word.payload), datetime.now(UTC)))


async def _append_steadily(url: str, seconds: float) -> int:
    """Append at the rate, whatever the store keeps up with; return the last position."""
    events = registrations(int(seconds * EVENTS_PER_SECOND))
    async with pool(url, "bench", size=2) as connections:
        commits, started, appended = GroupCommit(connections), time.perf_counter(), []
        for number, event in enumerate(events):
            appended.append(asyncio.create_task(commits.append(event)))
            await asyncio.sleep(max(0.0, started + number / EVENTS_PER_SECOND - time.perf_counter()))
        return max(await asyncio.gather(*appended))


def _median_register(client: Client, number: int, prefer: str | None) -> float:
    times = []
    for _ in range(number):
        started = time.perf_counter()
        client.register(prefer=prefer)
        times.append(time.perf_counter() - started)
    return percentile(times, 0.5)
