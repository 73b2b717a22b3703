"""Calculations that crash, hang or eat memory, over a real connection: nobody else notices."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest
import uvicorn
from litestar import Controller, post
from litestar.params import FromPath, JSONBody
from prometheus_client import CollectorRegistry
from tests.support.demo_api import SECRET, Shelf, a_token

from api.answers import ApiResponse, reply
from api.app import create_app
from api.operation import operation
from api.parts import ApiParts, HttpSettings
from api.presence import while_present
from api.request import ApiRequest
from api.services import Service
from application.calculations import Calculations
from infrastructure.identity.tokens import TokenVerifier
from infrastructure.workers.calculations import WorkerCalculations
from infrastructure.workers.pool import WorkerPool, WorkLimits

ROOT = Path(__file__).parents[2]
LIMITS = WorkLimits(max_seconds=2, max_memory_bytes=500 * 1024 * 1024, max_waiting=8)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent and, by the task `echo`, answered."""

    value: float


class UnrulyController(Controller):
    """Work that misbehaves."""

    path = "/v1/unruly"

    @post("/{task:str}", status_code=200, opt=operation(scope="analytics:read"))
    async def work(
        self,
        request: ApiRequest,
        task: FromPath[str],
        data: JSONBody[Figure],
        calculations: Service[Calculations],
    ) -> ApiResponse[Figure]:
        """Do what the task's name says."""
        return reply(await while_present(request, calculations.run(task, data, Figure)))


@dataclass
class Served:
    client: httpx.AsyncClient
    pool: WorkerPool

    async def ask(self, task: str) -> httpx.Response:
        return await self.client.post(f"/v1/unruly/{task}", json={"value": 0.1})


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pool = WorkerPool("tests.support.unruly_worker", limits=LIMITS, workers=2)
    shelf = Shelf()
    parts = ApiParts(
        settings=HttpSettings(version="1.2.3", access_log=False),
        tokens=TokenVerifier.hs256(SECRET),
        credentials=shelf,
        probes=shelf,
        positions=shelf,
        idempotency=shelf,
        services={"calculations": WorkerCalculations(pool)},
    )
    app = create_app(parts, [UnrulyController], registry=CollectorRegistry())
    server = uvicorn.Server(uvicorn.Config(app, ws="none", log_config=None, access_log=False))
    await pool.start()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        headers = {"Authorization": a_token()}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=30) as client:
            yield Served(client, pool)
        server.should_exit = True
        await serving
    await pool.close()


async def until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@pytest.mark.parametrize(
    ("task", "status", "code"),
    [
        ("hang", 503, "calculation_too_long"),
        ("crash", 503, "calculation_crashed"),
        ("eat", 422, "too_much_memory"),
        ("fail", 500, "internal_server_error"),
    ],
)
async def test_others_are_answered_while_and_after_one_misbehaves(
    served: Served, task: str, status: int, code: str
) -> None:
    misbehaving = asyncio.create_task(served.ask(task))
    for _ in range(5):
        assert (await served.ask("echo")).json() == {"value": 0.1}
    answer = await misbehaving
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "division by zero" not in answer.text
    both = await asyncio.gather(served.ask("echo"), served.ask("echo"))
    assert [one.status_code for one in both] == [200, 200]


async def test_a_client_that_hangs_up_ends_its_calculation(served: Served) -> None:
    await until(lambda: len(served.pool.pids) == 2)
    before = set(served.pool.pids)
    async with httpx.AsyncClient(base_url=served.client.base_url, headers=served.client.headers) as client:
        leaving = asyncio.create_task(client.post("/v1/unruly/hang", json={"value": 1}))
        await until(lambda: served.pool.at_work == 1)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
    await until(lambda: served.pool.at_work == 0, seconds=1.5)
    await until(lambda: len(served.pool.pids) == 2)
    [ended] = before - set(served.pool.pids)
    assert not is_alive(ended)


async def test_a_flood_is_turned_away_with_the_time_to_come_back(served: Served) -> None:
    flood = [asyncio.create_task(served.ask("hang")) for _ in range(2)]
    await until(lambda: served.pool.at_work == 2)
    flood += [asyncio.create_task(served.ask("echo")) for _ in range(8)]
    await until(lambda: served.pool.waiting == 8)
    turned_away = await served.ask("echo")
    assert (turned_away.status_code, turned_away.json()["error"]) == (503, "calculations_busy")
    assert int(turned_away.headers["retry-after"]) > 0
    answers = await asyncio.gather(*flood)
    assert [answer.status_code for answer in answers] == [503, 503, *[200] * 8]
