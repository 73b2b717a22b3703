"""Optimisations as the read models show them, and the figures they are computed on."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from tests.support.callers import a_caller
from tests.support.service import Service

from domain.optimization import JobFailure, OptimizationAsked, OptimizationJob
from infrastructure.postgres.connect import connector, pool
from infrastructure.postgres.datasets import ForgottenDatasets
from infrastructure.postgres.projections.optimizations import OptimizationProjection
from infrastructure.postgres.rebuild import rebuild

ONE_HASH, OTHER_HASH = "1" * 64, "2" * 64


async def a_job(service: Service, *methods: str, tenant: str = "acme", **given: Any) -> UUID:
    asked = OptimizationAsked(
        methods=methods or ("HRP", "MVO"),
        request={"seed": 7},
        facts={"periods": 60},
        dataset_hash=ONE_HASH,
        inputs_hash=OTHER_HASH,
        code_version="1",
        **given,
    )
    async with service.ledger.unit(a_caller(tenant)) as unit:
        job = unit.start(OptimizationJob.request_one(tenant, asked, id=uuid4(), at=unit.now))
        await service.shows((await unit.commit(None)).position)
    return job.id


async def happens(service: Service, optimization_id: UUID, *steps: Any) -> None:
    """Let things happen to a job, all in one command."""
    async with service.ledger.unit(a_caller()) as unit:
        job = await unit.optimization(optimization_id)
        for step in steps:
            step(job, unit.now)
        await service.shows((await unit.commit(None)).position)


def begin(job: OptimizationJob, at: Any) -> None:
    job.begin(at=at)


def finish(method: str, **outcome: Any) -> Any:
    return lambda job, at: job.finish(method, {"status": "completed", **outcome}, at=at)


async def test_a_job_is_shown_from_its_request_to_its_end(service: Service) -> None:
    optimization_id = await a_job(service, portfolio_id=UUID(int=1))
    row = await service.optimizations.one("acme", optimization_id)
    assert row is not None
    assert (row.status, row.progress, row.results, row.portfolio_id) == ("queued", 0, {}, UUID(int=1))
    assert (bytes(row.request), bytes(row.facts)) == (b'{"seed":7}', b'{"periods":60}')
    await happens(service, optimization_id, begin, finish("MVO", weights={"A": 0.1 + 0.2}))
    row = await service.optimizations.one("acme", optimization_id)
    assert row is not None
    assert (row.status, row.progress, row.finished) == ("running", 0.5, {"MVO": "completed"})
    assert row.finished_at is None
    await happens(
        service,
        optimization_id,
        lambda job, at: job.finish("HRP", {"status": "failed"}, at=at),
        lambda job, at: job.complete({"failed": ["HRP"]}, at=at),
    )
    row = await service.optimizations.one("acme", optimization_id)
    assert row is not None
    assert (row.status, row.progress, row.version) == ("completed", 1, 5)
    assert row.started_at is not None
    assert row.finished_at is not None
    assert list(row.results) == ["HRP", "MVO"]  # as they were asked for, not as they were done
    assert msgspec.json.decode(row.results["MVO"])["weights"] == {"A": 0.30000000000000004}
    assert bytes(row.comparison) == b'{"failed":["HRP"]}'


@pytest.mark.parametrize("how", ["failed", "cancelled"])
async def test_an_early_end_is_shown(service: Service, how: str) -> None:
    optimization_id = await a_job(service)
    failure = JobFailure(code="dataset_gone", detail="Gone.")
    steps = {
        "failed": lambda job, at: job.fail(failure, at=at),
        "cancelled": lambda job, at: job.cancel(at=at),
    }
    await happens(service, optimization_id, begin, finish("HRP"), steps[how])
    row = await service.optimizations.progress("acme", optimization_id)
    assert row is not None
    assert (row.status, row.progress) == (how, 0.5)
    assert row.error == (failure if how == "failed" else None)


async def test_jobs_are_listed_by_status_method_and_portfolio_newest_first(service: Service) -> None:
    first = await a_job(service, "HRP")
    second = await a_job(service, "MVO", "NCO", portfolio_id=UUID(int=1))
    await a_job(service, tenant="rival")
    await happens(service, first, lambda job, at: job.cancel(at=at))

    async def listed(**given: Any) -> tuple[list[UUID], int]:
        fitting: dict[str, Any] = {"status": None, "method": None, "portfolio_id": None, **given}
        page = {"limit": 1, "offset": 0} | {key: fitting.pop(key) for key in ("offset",) if key in fitting}
        rows, total = await service.optimizations.page("acme", **fitting, **page)
        return [row.optimization_id for row in rows], total

    assert await listed() == ([second], 2)
    assert await listed(offset=1) == ([first], 2)
    assert await listed(status="cancelled") == ([first], 1)
    assert await listed(method="NCO") == ([second], 1)
    assert await listed(portfolio_id=UUID(int=1)) == ([second], 1)
    assert await listed(method="HERC") == ([], 0)


async def test_another_tenant_sees_neither_jobs_nor_figures(service: Service) -> None:
    optimization_id = await a_job(service)
    await happens(service, optimization_id, begin, finish("HRP"))
    await service.datasets.keep("acme", ONE_HASH, b"figures")
    assert await service.optimizations.one("rival", optimization_id) is None
    assert await service.optimizations.progress("rival", optimization_id) is None
    assert await service.datasets.read("rival", ONE_HASH) is None
    assert await service.datasets.read("acme", ONE_HASH) == b"figures"


async def test_a_rebuild_finds_nothing_different(service: Service) -> None:
    optimization_id = await a_job(service)
    await a_job(service)
    await happens(service, optimization_id, begin, finish("HRP"))
    await happens(service, optimization_id, finish("MVO"), lambda job, at: job.complete({}, at=at))
    async with await connector(service.database_url, "rebuild")() as connection:
        found = await rebuild(
            connection, service.database_url, OptimizationProjection(), lambda done, total: None
        )
    assert set(found.values()) == {0}


async def test_figures_are_kept_as_they_were_first(service: Service) -> None:
    await service.datasets.keep("acme", ONE_HASH, b"\x00\xff figures")
    await service.datasets.keep("acme", ONE_HASH, b"others")
    assert await service.datasets.read("acme", ONE_HASH) == b"\x00\xff figures"


async def test_the_api_can_neither_change_figures_nor_take_them_away(service: Service) -> None:
    await service.datasets.keep("acme", ONE_HASH, b"figures")
    for statement in ("update job.dataset set content = ''", "delete from job.dataset"):
        async with service.connections.connection() as connection:
            with pytest.raises(InsufficientPrivilege):
                await connection.execute(statement)


async def test_figures_that_no_job_wanted_for_long_are_forgotten(service: Service) -> None:
    for dataset_hash in (ONE_HASH, OTHER_HASH):
        await service.datasets.keep("acme", dataset_hash, b"figures")
    with psycopg.connect(service.database_url) as connection:
        connection.execute("update job.dataset set kept_at = now() - interval '91 days'")
    await service.datasets.keep("acme", OTHER_HASH, b"figures")
    async with pool(service.database_url, "test") as connections:
        await ForgottenDatasets(connections, kept=timedelta(days=90)).forget()
    assert await service.datasets.read("acme", ONE_HASH) is None
    assert await service.datasets.read("acme", OTHER_HASH) == b"figures"
