"""Rebuilding a read model, against the library's projection runner."""

import asyncio
from statistics import median

import psycopg
from tests.bench.baselines import library
from tests.bench.facts import fill, histories
from tests.bench.measuring import Row, Stopwatch, at_least, in_turns, ratio_row, spread_row
from tests.bench.scale import Scale
from tests.bench.servers import Servers

from bootstrap.projector import projections
from infrastructure.postgres.connect import connector
from infrastructure.postgres.projector import Projector
from infrastructure.postgres.rebuild import rebuild


async def measure(servers: Servers, scale: Scale) -> list[Row]:
    """Registered and renamed portfolios to rows; ours compares and switches tables as well."""
    url = servers.store("rebuild")
    await fill(url, histories(scale.rebuild_events))
    await _project(url)

    async def ours() -> float:
        portfolios = projections()[0]
        async with await connector(url, "bench")() as connection:
            with Stopwatch() as watch:
                await rebuild(connection, url, portfolios, lambda *_: None)
        return scale.rebuild_events / watch.seconds

    async def baseline() -> float:
        other = servers.database("library")
        last = await asyncio.to_thread(library.record, other, scale.library_events)
        return scale.library_events / await asyncio.to_thread(library.project, other, last)

    pairs = await in_turns(ours, baseline, scale.slow_turns)
    rates = [pair.ours for pair in pairs]
    details = {"library_events_per_second": median(pair.baseline for pair in pairs)}
    return [
        ratio_row("4", "rebuild", at_least(10, "× library"), pairs, details),
        spread_row("4b", "rebuild", at_least(20_000, "events/s"), rates),
    ]


async def _project(url: str) -> None:
    projector = Projector(projections())
    async with await connector(url, "bench", durable=False, schema="read")() as connection:
        while await projector.step(connection):
            pass
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
