"""An optimisation through crashes: of the agent, of the process that computes, and of Redis."""

import os
import random
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.running import RunningService, a_running_service
from tests.support.waiting import eventually

from application.optimization.options import OPTIONS

AGENT = "agent optimization"
JOBS = "/v1/optimizations"
METHODS = [method for method in OPTIONS if method != "BenchmarkTracker"]
FOREVER = 120.0


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with a_running_service() as running:
        yield running


@pytest.fixture
def api(service: RunningService) -> Iterator[httpx.Client]:
    with service.client("acme") as client:
        yield client


def some_work(methods: Sequence[str] = METHODS) -> dict[str, Any]:
    """Several seconds of work: nineteen methods, 150 assets, four years."""
    dice = random.Random(3)
    returns = []
    for _ in range(1_000):
        market = dice.gauss(0.0003, 0.01)
        returns.append([round(market + dice.gauss(0.0001, 0.01), 6) for _ in range(150)])
    assets = [f"A{number}" for number in range(150)]
    return {"methods": list(methods), "assets": assets, "returns": returns}


def asked(api: httpx.Client) -> str:
    answer = api.post(JOBS, json=some_work())
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


def progressed(api: httpx.Client, job: str) -> None:
    """Wait until something is done, and not everything."""
    eventually(lambda: api.get(job).json()["progress"] > 0, seconds=FOREVER)
    assert api.get(job).json()["status"] == "running"


def finished(api: httpx.Client, job: str) -> dict[str, Any]:
    eventually(lambda: api.get(job).json().get("finished_at"), seconds=FOREVER, every=0.1)
    return dict(api.get(job).json())


def recorded(service: RunningService, job: str) -> list[tuple[str, str | None]]:
    with service.database() as connection:
        return connection.execute(
            "select topic, state ->> 'method' from events.event where originator_id = %s order by position",
            (job.rsplit("/", 1)[1],),
        ).fetchall()


def happened_once(service: RunningService, job: str) -> bool:
    """Whether every step of a job is recorded, and none twice."""
    return recorded(service, job) == [
        ("optimization.requested", None),
        ("optimization.started", None),
        *(("optimization.method-finished", method) for method in METHODS),
        ("optimization.completed", None),
    ]


def children(pid: int) -> list[int]:
    with suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def computing(service: RunningService) -> list[int]:
    """The processes that compute for the agent."""
    agent = service.processes().get(AGENT)
    return children(agent.pid) if agent else []


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def test_a_killed_agent_leaves_nothing_undone_and_nothing_done_twice(
    service: RunningService, api: httpx.Client
) -> None:
    job = asked(api)
    progressed(api, job)
    orphans = computing(service)
    assert orphans
    assert service.kill(AGENT)
    eventually(lambda: not any(is_alive(pid) for pid in orphans))
    done = finished(api, job)
    assert {method: told["status"] for method, told in done["results"].items()} == dict.fromkeys(
        METHODS, "completed"
    )
    assert happened_once(service, job)


def test_a_killed_process_costs_a_second_try_and_no_method(
    service: RunningService, api: httpx.Client
) -> None:
    job = asked(api)
    progressed(api, job)
    [worker] = computing(service)
    os.kill(worker, signal.SIGKILL)
    done = finished(api, job)
    assert [told["status"] for told in done["results"].values()] == ["completed"] * len(METHODS)
    assert happened_once(service, job)


def test_a_redis_that_loses_everything_costs_nothing(service: RunningService, api: httpx.Client) -> None:
    job = asked(api)
    progressed(api, job)
    with service.redis() as redis:
        redis.flushall()
    assert finished(api, job)["status"] == "completed"
    assert happened_once(service, job)


def test_cancelling_ends_the_process_that_computes(service: RunningService, api: httpx.Client) -> None:
    job = asked(api)
    progressed(api, job)
    [worker] = computing(service)
    assert api.delete(job).status_code == 204
    assert api.get(job).json()["status"] == "cancelled"
    eventually(lambda: not is_alive(worker))
    other = api.post(JOBS, json=some_work(["EquiWeighted"]), headers={"Prefer": "wait=20"})
    assert other.json()["status"] == "completed"
    assert recorded(service, job)[-1] == ("optimization.cancelled", None)


def test_a_database_that_falls_over_costs_nothing(service: RunningService, api: httpx.Client) -> None:
    job = asked(api)
    progressed(api, job)
    assert service.kill("postgres")
    done = finished(api, job)
    assert [told["status"] for told in done["results"].values()] == ["completed"] * len(METHODS)
    assert happened_once(service, job)
