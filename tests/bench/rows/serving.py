"""Creating and listing over HTTP, against a plain application on the same server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median
from typing import Any

import msgspec
import psycopg
from tests.bench.facts import TENANT, fill, registrations
from tests.bench.load import Answered, Load
from tests.bench.measuring import Row, at_least, in_turns, ratio_row
from tests.bench.requests import registration
from tests.bench.scale import Scale
from tests.bench.servers import Servers, answering, api_and_projector, process, run_module

from infrastructure.embedded.ports import free_port

LISTED = 10_000
JSON = {"Content-Type": "application/json"}


async def measure_create(servers: Servers, scale: Scale) -> list[Row]:
    """One portfolio per request; ours answers when the list shows it."""
    url, other = servers.store("create"), servers.database("plain")
    async with api_and_projector(servers, url) as api, plain_crud(other) as plain_port:
        ours = Load(
            port=api.port,
            method="POST",
            path="/v1/portfolios",
            headers={**JSON, "Authorization": f"Bearer {api.token(TENANT)}"},
            body=registration(),
            seconds=scale.load_seconds,
            expected=201,
        )
        plain = msgspec.structs.replace(ours, port=plain_port, path="/portfolios", headers=JSON)
        return [await _compared("1", "create over HTTP", at_least(4, "× plain CRUD"), ours, plain, scale)]


async def measure_list(servers: Servers, scale: Scale) -> list[Row]:
    """The first fifty of ten thousand portfolios, with their exact number."""
    url = servers.store("list")
    position = await fill(url, registrations(LISTED))
    async with api_and_projector(servers, url) as api, plain_crud(url) as plain_port:
        await _projected(url, position)
        ours = Load(
            port=api.port,
            method="GET",
            path="/v1/portfolios?limit=50",
            headers={"Authorization": f"Bearer {api.token(TENANT)}", "Trimtab-Position": str(position)},
            seconds=scale.load_seconds,
        )
        plain = msgspec.structs.replace(
            ours, port=plain_port, path=f"/portfolios?tenant={TENANT}&limit=50", headers={}
        )
        work = "list 50 of 10,000 portfolios"
        return [await _compared("7", work, at_least(0.5, "× bare SELECT"), ours, plain, scale)]


@asynccontextmanager
async def plain_crud(database_url: str) -> AsyncIterator[int]:
    """The plain application, at the port it yields."""
    port = free_port()
    async with process(["-m", "tests.bench.baselines.plain_crud", database_url, str(port)], {}):
        await answering(port, "/health")
        yield port


async def _compared(key: str, work: str, target: Any, ours: Load, plain: Load, scale: Scale) -> Row:
    answers: dict[str, list[Answered]] = {"ours": [], "plain": []}

    async def send(name: str, load: Load) -> float:
        answered = msgspec.convert(await run_module("tests.bench.load", msgspec.to_builtins(load)), Answered)
        assert not answered.failed, f"{answered.failed} requests of {name} failed"
        answers[name].append(answered)
        return answered.per_second

    pairs = await in_turns(lambda: send("ours", ours), lambda: send("plain", plain), scale.turns)
    details = {
        f"{name}_{figure}": median(getattr(answered, figure) for answered in found)
        for name, found in answers.items()
        for figure in ("per_second", "p50", "p99")
    }
    return ratio_row(key, work, target, pairs, details)


async def _projected(url: str, position: int) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("listen trimtab_projected")
        while True:
            cursor = await connection.execute("select coalesce(min(position), 0) from read.checkpoint")
            row = await cursor.fetchone()
            if row and row[0] >= position:
                break
            async for _ in connection.notifies(timeout=1, stop_after=1):
                pass
        await connection.execute("vacuum analyze")
