import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from tests.support.waiting import eventually

from infrastructure.workers.pool import (
    Overloaded,
    TooMuchMemory,
    TooSlow,
    WorkerPool,
    WorkFailed,
    WorkLimits,
    WorkRefused,
)
from infrastructure.workers.process import Crashed

ROOT = Path(__file__).parents[4]
MODULE = "tests.support.unruly_worker"


@pytest.fixture(autouse=True)
def _tests_are_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@asynccontextmanager
async def a_pool(
    *, workers: int = 1, warm_after: float = 0.0, module: str = MODULE, limits: WorkLimits | None = None
) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(module, limits=limits, workers=workers, warm_after=warm_after)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.close()


async def until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def a_hanging_task(pool: WorkerPool) -> AsyncIterator["asyncio.Task[bytes]"]:
    """A task that has begun and would never end; its caller goes away at the end."""
    caller = asyncio.create_task(pool.ask("hang", b""))
    await until(lambda: pool.at_work == 1)
    try:
        yield caller
    finally:
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)


async def is_answered(ask: Awaitable[bytes]) -> None:
    assert await ask


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def test_request_tenant_and_attachment_travel_and_stray_output_does_not() -> None:
    async with a_pool() as pool:
        assert (
            await pool.ask("echo", b"-request-", tenant="acme", attachment=b"\0\xff")
            == b"acme-request-\0\xff"
        )


async def test_a_large_attachment_travels() -> None:
    async with a_pool() as pool:
        large = os.urandom(12 * 1024 * 1024)
        assert await pool.ask("echo", b"", attachment=large) == large


async def test_a_process_stays_warm() -> None:
    async with a_pool() as pool:
        assert await pool.ask("pid", b"") == await pool.ask("pid", b"")


async def test_processes_compute_with_one_thread_so_that_sums_are_the_same_everywhere() -> None:
    async with a_pool() as pool:
        assert await pool.ask("environment", b"OPENBLAS_NUM_THREADS") == b"1"
        assert await pool.ask("environment", b"OMP_NUM_THREADS") == b"1"


async def test_memory_that_nobody_uses_is_not_taken_off_the_limit() -> None:
    async with a_pool() as pool:
        assert await pool.ask("environment", b"ARROW_DEFAULT_MEMORY_POOL") == b"system"


async def test_a_hanging_task_is_ended_while_another_process_answers() -> None:
    async with a_pool(workers=2, limits=WorkLimits(max_seconds=1)) as pool:
        await asyncio.gather(pool.ask("pid", b""), pool.ask("pid", b""))
        hanging = asyncio.create_task(pool.ask("hang", b""))
        assert await pool.ask("echo", b"meanwhile") == b"meanwhile"
        assert not hanging.done()
        with pytest.raises(TooSlow):
            await hanging
        await asyncio.gather(*(is_answered(pool.ask("pid", b"")) for _ in range(4)))


async def test_a_crashing_task_is_tried_twice_and_the_next_one_is_done() -> None:
    async with a_pool() as pool:
        with pytest.raises(Crashed):
            await pool.ask("crash", b"")
        assert await pool.ask("echo", b"next") == b"next"


async def test_a_process_that_dies_by_chance_costs_nobody_the_answer(tmp_path: Path) -> None:
    async with a_pool() as pool:
        assert await pool.ask("crash_once", str(tmp_path / "crashed").encode()) == b"survived"


async def test_a_process_killed_while_idle_is_replaced_unnoticed() -> None:
    async with a_pool() as pool:
        first = int(await pool.ask("pid", b""))
        os.kill(first, signal.SIGKILL)
        assert int(await pool.ask("pid", b"")) != first


async def test_a_task_that_eats_memory_is_refused_and_the_next_one_is_done() -> None:
    async with a_pool(limits=WorkLimits(max_memory_bytes=500 * 1024 * 1024)) as pool:
        with pytest.raises(TooMuchMemory):
            await pool.ask("eat", b"")
        assert await pool.ask("echo", b"next") == b"next"


async def test_an_unforeseen_error_comes_with_its_traceback_and_leaves_the_process_warm() -> None:
    async with a_pool() as pool:
        before = await pool.ask("pid", b"")
        with pytest.raises(WorkFailed, match=r"(?s)unruly_worker\.py.*ZeroDivisionError: division by zero"):
            await pool.ask("fail", b"")
        assert await pool.ask("pid", b"") == before


async def test_refusals_travel_with_their_violations() -> None:
    async with a_pool() as pool:
        with pytest.raises(WorkRefused) as refused:
            await pool.ask("refuse", b"refused")
    assert refused.value.refusal.status == 422
    assert [(flaw.field, flaw.code) for flaw in refused.value.refusal.flaws] == [
        ("returns.3", "not_finite"),
        (None, "length"),
    ]


async def test_a_caller_that_goes_away_frees_its_process_at_once() -> None:
    async with a_pool() as pool:
        busy = int(await pool.ask("pid", b""))
        async with a_hanging_task(pool):
            pass
        async with asyncio.timeout(10):
            assert int(await pool.ask("pid", b"")) != busy
        assert not is_alive(busy)


async def test_a_replacement_gets_ready_without_being_asked() -> None:
    async with a_pool() as pool:
        await pool.ask("pid", b"")
        busy = pool.pids
        async with a_hanging_task(pool):
            pass
        await until(lambda: bool(pool.pids) and pool.pids != busy)


async def test_a_caller_that_goes_away_while_waiting_costs_no_process() -> None:
    async with a_pool() as pool:
        pid = await pool.ask("pid", b"")
        first = asyncio.create_task(pool.ask("pid", b""))
        second = asyncio.create_task(pool.ask("hang", b""))
        await asyncio.sleep(0)
        second.cancel()
        assert await first == pid
        assert await pool.ask("pid", b"") == pid


async def test_work_is_done_in_the_order_it_came() -> None:
    done: list[int] = []

    async def ask(pool: WorkerPool, number: int) -> None:
        await pool.ask("echo", b"x")
        done.append(number)

    async with a_pool() as pool:
        await asyncio.gather(*(ask(pool, number) for number in range(20)))
    assert done == list(range(20))


async def test_more_than_may_wait_is_turned_away() -> None:
    async with a_pool(limits=WorkLimits(max_waiting=2)) as pool:
        async with a_hanging_task(pool):
            waiting = [asyncio.create_task(pool.ask("pid", b"")) for _ in range(2)]
            await until(lambda: pool.waiting == 2)
            with pytest.raises(Overloaded):
                await pool.ask("pid", b"")
        assert all(await asyncio.gather(*waiting))


async def test_waiting_ends_some_day() -> None:
    async with a_pool(limits=WorkLimits(max_waiting_seconds=0.2)) as pool:
        await until(lambda: bool(pool.pids))
        async with a_hanging_task(pool):
            with pytest.raises(Overloaded):
                await pool.ask("pid", b"")
            assert pool.waiting == 0


async def test_processes_start_late_unless_somebody_asks() -> None:
    async with a_pool(warm_after=600) as pool:
        await asyncio.sleep(0)
        assert pool.pids == []
        assert await pool.ask("echo", b"asked") == b"asked"


async def test_one_piece_of_work_starts_one_process() -> None:
    async with a_pool(workers=2, warm_after=600) as pool:
        await pool.ask("echo", b"first")
        assert len(pool.pids) == 1
        await pool.ask("echo", b"second")
        await until(lambda: len(pool.pids) == 2)


async def test_a_process_that_cannot_start_leaves_nobody_waiting() -> None:
    async with a_pool(module="tests.support.no_such_worker") as pool:
        with pytest.raises(Crashed):
            await pool.ask("echo", b"")


async def test_closing_ends_processes_and_whoever_still_waits() -> None:
    async with a_pool(workers=2) as pool:
        await until(lambda: len(pool.pids) == 2)
        pids = pool.pids
        callers = [asyncio.create_task(pool.ask("hang", b"")) for _ in range(3)]
        await until(lambda: pool.waiting == 1)
    for caller in callers:
        with pytest.raises(Crashed):
            await caller
    assert not any(is_alive(pid) for pid in pids)


PARENT = """
import asyncio, sys
from infrastructure.workers.pool import WorkerPool

async def main():
    pool = WorkerPool({module!r})
    await pool.start()
    print(int(await pool.ask("pid", b"")), flush=True)
    await pool.ask("hang", b"")

asyncio.run(main())
"""


def test_a_process_dies_with_its_parent_even_in_the_middle_of_its_work() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(module=MODULE)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
        eventually(lambda: not is_alive(pid))
