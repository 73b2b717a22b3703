"""Optimisations computed by the real agent, in its real processes."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from redis import Redis
from tests.support.callers import a_caller
from tests.support.optimizations import CHEAP, asked_for, row_of, some_figures
from tests.support.optimizing import GROUP, optimizing
from tests.support.relaying import entries_on, soon
from tests.support.service import Service
from tests.support.unruly_optimizer import CRASHES, EATS, HANGS, STUMBLES

from application.optimization.cancel_job import CancelOptimization, cancel_optimization
from bootstrap import agent_parts
from bootstrap.settings import Settings
from domain.optimization import OptimizationAsked, OptimizationJob
from projections.optimizations import OptimizationRow
from projections.published.catalogue import (
    OPTIMIZATION_FINISHED,
    OPTIMIZATION_PROGRESS,
    OPTIMIZATION_REQUESTED,
)

ROOT = Path(__file__).parents[3]


class Floor:
    """A service with a relay and as many agents as a test starts."""

    def __init__(self, service: Service, redis_url: str, **given: Any) -> None:
        self.service, self.redis_url = service, redis_url
        self.settings = replace(Settings(), database_url=service.database_url, redis_url=redis_url, **given)

    def working(self, agents: int = 1) -> AbstractAsyncContextManager[None]:
        return optimizing(self.settings, agents=agents)

    async def until(self, optimization_id: UUID, *statuses: str, seconds: float = 30.0) -> OptimizationRow:
        async with asyncio.timeout(seconds):
            while (row := await row_of(self.service, optimization_id)).status not in statuses:
                await asyncio.sleep(0.02)
        return row

    async def cancel(self, optimization_id: UUID) -> None:
        command = CancelOptimization(caller=a_caller(), optimization_id=optimization_id)
        await self.service.shows((await cancel_optimization(command, ledger=self.service.ledger)).position)

    def events(self, optimization_id: UUID) -> list[tuple[str, str | None]]:
        """What is recorded of a job: types, and the method where there is one."""
        with psycopg.connect(self.service.database_url) as connection:
            return connection.execute(
                "select topic, state ->> 'method' from events.event where originator_id = %s order by position",
                (optimization_id,),
            ).fetchall()

    def at_rest(self) -> bool:
        """Whether the group has settled everything that it was handed."""
        with Redis.from_url(self.redis_url) as redis:
            if not redis.exists(OPTIMIZATION_REQUESTED):
                return False
            last: Any = redis.xinfo_stream(OPTIMIZATION_REQUESTED)
            groups: Any = redis.xinfo_groups(OPTIMIZATION_REQUESTED)
            return any(
                group["pending"] == 0 and group["last-delivered-id"] == last["last-generated-id"]
                for group in groups
            )


@pytest.fixture
def floor(service: Service, redis_url: str) -> Floor:
    return Floor(service, redis_url)


@pytest.fixture
def unruly(service: Service, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Floor:
    """An agent whose processes misbehave over some methods."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(agent_parts, "OPTIMIZER", "tests.support.unruly_optimizer")
    return Floor(service, redis_url, optimization_max_seconds=2.0, optimization_processes=2)


def told(row: OptimizationRow, method: str) -> dict[str, Any]:
    result: dict[str, Any] = msgspec.json.decode(row.results[method])
    return result


async def test_a_job_is_computed_method_by_method_and_compared(floor: Floor) -> None:
    optimization_id = await asked_for(floor.service, constraints={"max_weight": 0.4})
    async with floor.working():
        row = await floor.until(optimization_id, "completed")
        await soon(floor.at_rest)
    assert list(row.results) == list(CHEAP)
    for method in CHEAP:
        weights = told(row, method)["weights"]
        assert list(weights) == ["A", "B", "C", "D"]
        assert sum(weights.values()) == pytest.approx(1, abs=1e-9)
        assert max(weights.values()) <= 0.4 + 1e-9
    assert told(row, "EquiWeighted")["weights"] == dict.fromkeys("ABCD", 0.25)
    comparison = msgspec.json.decode(row.comparison)
    assert {place["method"] for place in comparison["ranking"]} == set(CHEAP)
    assert floor.events(optimization_id) == [
        ("optimization.requested", None),
        ("optimization.started", None),
        *(("optimization.method-finished", method) for method in CHEAP),
        ("optimization.completed", None),
    ]
    assert (row.started_at or row.created_at) >= row.created_at
    finished = entries_on(floor.redis_url, OPTIMIZATION_FINISHED)
    assert [entry["subject"] for entry in finished] == [f"optimization/{optimization_id}"]
    assert len(entries_on(floor.redis_url, OPTIMIZATION_PROGRESS)) == 1 + len(CHEAP)


async def test_the_same_inputs_lead_to_the_same_figures(floor: Floor) -> None:
    first = await asked_for(floor.service, "HRP", "MinVol")
    second = await asked_for(floor.service, "HRP", "MinVol")
    async with floor.working():
        rows = [await floor.until(one, "completed") for one in (first, second)]

    def untimed(row: OptimizationRow) -> list[dict[str, Any]]:
        return [{**told(row, method), "compute_seconds": 0} for method in row.methods]

    assert untimed(rows[0]) == untimed(rows[1])


async def test_a_method_that_misbehaves_costs_no_other(unruly: Floor) -> None:
    methods = ("EquiWeighted", CRASHES, HANGS, EATS, STUMBLES, "MinVol")
    optimization_id = await asked_for(unruly.service, *methods)
    async with unruly.working():
        row = await unruly.until(optimization_id, "completed", seconds=60)
    outcomes = {method: told(row, method).get("error", {}).get("code") for method in methods}
    assert outcomes == {
        "EquiWeighted": None,
        "MinVol": None,
        CRASHES: "calculation_crashed",
        HANGS: "calculation_too_long",
        EATS: "too_much_memory",
        STUMBLES: "internal_server_error",
    }
    assert "stumbled" not in str(told(row, STUMBLES))
    assert msgspec.json.decode(row.comparison)["failed"] == [CRASHES, HANGS, EATS, STUMBLES]


async def test_a_cancelled_job_makes_room_for_others_at_once(unruly: Floor) -> None:
    unruly.settings = replace(unruly.settings, optimization_max_seconds=300.0, optimization_processes=1)
    hanging = await asked_for(unruly.service, "EquiWeighted", HANGS, "MinVol")
    async with unruly.working():
        await soon(lambda: len(unruly.events(hanging)) == 3)  # EquiWeighted is done
        waiting = await asked_for(unruly.service, "MinVol")
        await unruly.cancel(hanging)
        row = await unruly.until(waiting, "completed")
        await soon(unruly.at_rest)
    assert told(row, "MinVol")["status"] == "completed"
    row = await row_of(unruly.service, hanging)
    assert (row.status, row.finished) == ("cancelled", {"EquiWeighted": "completed"})
    assert unruly.events(hanging)[-1] == ("optimization.cancelled", None)


async def test_a_job_cancelled_before_anybody_began_is_never_begun(floor: Floor) -> None:
    optimization_id = await asked_for(floor.service)
    await floor.cancel(optimization_id)
    async with floor.working():
        await soon(floor.at_rest)
    assert [topic for topic, _ in floor.events(optimization_id)] == [
        "optimization.requested",
        "optimization.cancelled",
    ]


async def test_a_small_job_need_not_wait_for_a_large_one(unruly: Floor) -> None:
    unruly.settings = replace(unruly.settings, optimization_max_seconds=300.0, optimization_processes=2)
    large = await asked_for(unruly.service, HANGS)
    async with unruly.working():
        await unruly.until(large, "running")
        small = await asked_for(unruly.service, "MinVol")
        await unruly.until(small, "completed")
        assert (await row_of(unruly.service, large)).status == "running"
        await unruly.cancel(large)
        await soon(unruly.at_rest)


async def test_a_job_whose_figures_are_gone_fails_with_a_sentence(floor: Floor) -> None:
    optimization_id = await asked_for(floor.service, keep=False)
    async with floor.working():
        row = await floor.until(optimization_id, "failed")
        await soon(floor.at_rest)
    assert row.error is not None
    assert row.error.code == "dataset_gone"
    assert row.results == {}


async def test_a_request_of_another_version_fails_with_a_sentence(floor: Floor) -> None:
    figures = some_figures()
    await floor.service.datasets.keep("acme", figures.hash, figures.encoded())
    asked = OptimizationAsked(
        methods=["MinVol"],
        request={"constraints": {"phase_of_the_moon": "full"}},
        facts={},
        dataset_hash=figures.hash,
        inputs_hash="i",
        code_version="9",
    )
    async with floor.service.ledger.unit(a_caller()) as unit:
        job = unit.start(OptimizationJob.request_one("acme", asked, id=uuid4(), at=unit.now))
        await floor.service.shows((await unit.commit(None)).position)
    async with floor.working():
        row = await floor.until(job.id, "failed")
    assert row.error is not None
    assert row.error.code == "not_understood"


async def test_figures_of_another_tenant_are_not_computed_on(floor: Floor) -> None:
    figures = some_figures()
    await floor.service.datasets.keep("rival", figures.hash, figures.encoded())
    optimization_id = await asked_for(floor.service, figures=figures, keep=False)
    async with floor.working():
        row = await floor.until(optimization_id, "failed")
    assert row.error is not None
    assert row.error.code == "dataset_gone"


async def test_an_agent_that_ends_leaves_the_job_to_the_next_one(unruly: Floor) -> None:
    unruly.settings = replace(unruly.settings, optimization_max_seconds=300.0, optimization_processes=1)
    optimization_id = await asked_for(unruly.service, "EquiWeighted", HANGS, "MinVol")
    async with unruly.working():
        await soon(lambda: len(unruly.events(optimization_id)) == 3)
    assert (await row_of(unruly.service, optimization_id)).status == "running"
    unruly.settings = replace(unruly.settings, optimization_max_seconds=2.0)
    async with unruly.working():
        row = await unruly.until(optimization_id, "completed")
    assert row.finished == {"EquiWeighted": "completed", HANGS: "failed", "MinVol": "completed"}
    methods = [method for _, method in unruly.events(optimization_id) if method]
    assert methods == ["EquiWeighted", HANGS, "MinVol"]  # what was recorded is not computed again


async def test_a_redis_that_lost_everything_doubles_nothing(floor: Floor) -> None:
    optimization_id = await asked_for(floor.service)
    async with floor.working():
        await floor.until(optimization_id, "completed")
        before = floor.events(optimization_id)
        with Redis.from_url(floor.redis_url) as redis:
            redis.flushall()
        await soon(floor.at_rest)
    assert floor.events(optimization_id) == before


async def test_two_agents_share_the_jobs(floor: Floor) -> None:
    jobs = [await asked_for(floor.service, "EquiWeighted", "HRP") for _ in range(8)]
    async with floor.working(agents=2):
        for job in jobs:
            await floor.until(job, "completed")
        await soon(floor.at_rest)
        with Redis.from_url(floor.redis_url) as redis:
            members: Any = redis.xinfo_consumers(OPTIMIZATION_REQUESTED, GROUP)
    assert {member["name"].decode().partition(".")[0] for member in members} == {
        f"{GROUP}-1",
        f"{GROUP}-2",
    }
    for job in jobs:
        assert len(floor.events(job)) == 5
