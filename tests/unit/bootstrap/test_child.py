import asyncio
import dataclasses
import os
import sys
from collections.abc import Callable
from signal import SIGKILL, SIGTERM

from bootstrap.child import Child, Patience, Program
from infrastructure.embedded.leash import leashed

AT_ONCE = Patience(first_seconds=0.001, longest_seconds=0.01)


class Recorded:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.changes: list[str] = []

    def line(self, _: str, text: str) -> None:
        self.lines.append(text)

    def change(self, _: str, what: str) -> None:
        self.changes.append(what)


def python(code: str) -> Program:
    def command() -> list[str]:
        return leashed([sys.executable, "-c", code], signal=SIGTERM, uid=os.geteuid(), gid=os.getegid())

    return Program(name="it", command=command, environment=lambda: os.environ, stop_seconds=0.5)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def test_patience_grows_up_to_a_limit() -> None:
    patience = Patience(first_seconds=0.1, longest_seconds=1.0)
    assert [patience.pause(failures) for failures in (1, 2, 3, 4, 5, 500)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


async def test_what_ends_is_started_again_and_its_lines_are_passed_on() -> None:
    recorded = Recorded()
    child = Child(
        python("print('hello')"), on_line=recorded.line, on_change=recorded.change, patience=AT_ONCE
    )
    running = asyncio.create_task(child.keep_running())
    await until(lambda: len(recorded.lines) >= 3)
    await child.stop()
    await running
    assert set(recorded.lines) == {"hello"}
    assert "ended with code 0, starting again" in recorded.changes
    assert child.failures >= 2


async def test_a_healthy_while_makes_the_next_failure_the_first_again() -> None:
    recorded = Recorded()
    patience = Patience(first_seconds=0.001, longest_seconds=0.01, healthy_seconds=0)
    child = Child(python("pass"), on_line=recorded.line, on_change=recorded.change, patience=patience)
    running = asyncio.create_task(child.keep_running())
    await until(lambda: recorded.changes.count("started") >= 3)
    await child.stop()
    await running
    assert child.failures == 1


async def test_a_program_that_does_not_listen_is_ended_by_force() -> None:
    recorded = Recorded()
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    child = Child(python(deaf), on_line=recorded.line, on_change=recorded.change, patience=AT_ONCE)
    running = asyncio.create_task(child.keep_running())
    await until(lambda: recorded.lines)
    await child.stop()
    await running
    assert "did not end within 0.5 s: ending it by force" in recorded.changes
    assert child.running is None


async def test_what_a_program_started_ends_with_it() -> None:
    recorded = Recorded()
    parent = (
        "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    )
    child = Child(python(parent), on_line=recorded.line, on_change=recorded.change, patience=AT_ONCE)
    running = asyncio.create_task(child.keep_running())
    await until(lambda: recorded.lines)
    grandchild = int(recorded.lines[0])
    child.signal(SIGKILL)
    await until(lambda: recorded.changes.count("started") > 1)
    await child.stop()
    await running
    await until(lambda: not os.path.exists(f"/proc/{grandchild}") or state(grandchild) == "Z")


async def test_a_program_that_cannot_be_prepared_is_tried_again() -> None:
    recorded = Recorded()
    tries = []

    def prepare() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("no room")

    program = dataclasses.replace(python("print('hello')"), prepare=prepare)
    child = Child(program, on_line=recorded.line, on_change=recorded.change, patience=AT_ONCE)
    running = asyncio.create_task(child.keep_running())
    await until(lambda: recorded.lines)
    await child.stop()
    await running
    assert recorded.changes[:3] == ["cannot start: no room", "cannot start: no room", "started"]


def state(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as facts:
        return facts.read().rpartition(")")[2].split()[0]
