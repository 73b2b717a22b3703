"""Appending to the event store, against the library's recorder as it comes."""

import time
from statistics import median

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg_pool import AsyncConnectionPool
from tests.bench.baselines import library
from tests.bench.facts import GROUP, a_portfolio, appending, registrations
from tests.bench.measuring import Row, Stopwatch, at_least, at_most, in_turns, ratio_row, spread_row
from tests.bench.scale import Scale
from tests.bench.servers import Servers

from infrastructure.eventstore.append import GroupCommit, append_batch
from infrastructure.eventstore.codec import encode
from infrastructure.postgres.connect import pool


async def measure_single(servers: Servers, scale: Scale) -> list[Row]:
    """One event at a time, from the command to durable."""
    url, other = servers.store("append"), servers.database("library")
    async with pool(url, "bench", size=2) as connections, appending(url):
        with library.recorder(other) as recorder:

            async def ours() -> float:
                return await _group_commit_p50(connections, scale.single_appends)

            async def baseline() -> float:
                return _recorder_p50(recorder, scale.single_appends)

            await ours(), await baseline()
            pairs = await in_turns(ours, baseline, scale.turns)
    details = {
        "ours_p50_ms": median(pair.ours for pair in pairs) * 1e3,
        "library_p50_ms": median(pair.baseline for pair in pairs) * 1e3,
    }
    return [ratio_row("2", "append one event, p50", at_most(0.5, "× library"), pairs, details)]


async def measure_groups(servers: Servers, scale: Scale) -> list[Row]:
    """Sixty-four commands of one event each in one commit."""
    url, other = servers.store("append"), servers.database("library")
    with library.recorder(other) as recorder:
        async with appending(url) as connection:

            async def ours() -> float:
                groups = [registrations(GROUP) for _ in range(scale.groups)]
                with Stopwatch() as watch:
                    for group in groups:
                        await append_batch(connection, group)
                return scale.groups * GROUP / watch.seconds

            async def baseline() -> float:
                groups = [_stored(GROUP) for _ in range(scale.groups)]
                with Stopwatch() as watch:
                    for group in groups:
                        recorder.insert_events(group)
                return scale.groups * GROUP / watch.seconds

            await ours(), await baseline()
            pairs = await in_turns(ours, baseline, scale.turns)
    rates = [pair.ours for pair in pairs]
    details = {"library_events_per_second": median(pair.baseline for pair in pairs)}
    return [
        spread_row("3", "append in groups of 64", at_least(20_000, "events/s"), rates, details),
        ratio_row("3b", "append in groups of 64", at_least(1, "× library"), pairs),
    ]


async def _group_commit_p50(connections: "AsyncConnectionPool", number: int) -> float:
    commits, times = GroupCommit(connections), []
    for append in registrations(number):
        started = time.perf_counter()
        await commits.append(append)
        times.append(time.perf_counter() - started)
    return median(times)


def _recorder_p50(recorder: PostgresApplicationRecorder, number: int) -> float:
    times = []
    for stored in _stored(number):
        started = time.perf_counter()
        recorder.insert_events([stored])
        times.append(time.perf_counter() - started)
    return median(times)


def _stored(number: int) -> list[StoredEvent]:
    return library.stored_events(number, (encode(a_portfolio().pending_events[0])))
