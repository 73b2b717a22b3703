import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM

import psycopg
import pytest
import redis
from tests.support.servers import reachable_folder
from tests.support.waiting import eventually

from bootstrap.home import Running, last_running, process_start, running
from infrastructure.embedded.postgres_remains import inhabitants

SERVICE = [sys.executable, "-m", "tests.support.stand_in_service"]
EVERYTHING = {"postgres", "redis", "first", "second"}


@pytest.fixture
def home() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder


@contextmanager
def a_service(home: Path) -> Iterator[subprocess.Popen[str]]:
    with (home / "output").open("a") as output:
        service = subprocess.Popen([*SERVICE, str(home)], stdout=output, stderr=output, text=True)
    try:
        yield service
    finally:
        with suppress(ProcessLookupError):
            service.kill()
        service.wait()
        eventually(lambda: not alive(home), seconds=20)


def output(home: Path) -> str:
    return (home / "output").read_text()


def state(home: Path) -> Running:
    return eventually(lambda: running(home))


def pids(home: Path) -> dict[str, int]:
    return {process.name: process.pid for process in state(home).processes}


def everything_runs(home: Path) -> dict[str, int]:
    return eventually(lambda: set(found := pids(home)) == EVERYTHING and found)  # type: ignore[return-value]


def alive(home: Path) -> list[str]:
    last = last_running(home)
    left = [p.name for p in (last.processes if last else ()) if process_start(p.pid) is not None]
    return left + [f"postgres {pid}" for pid in inhabitants(home / "postgres" / "data")]


def answers(home: Path) -> bool:
    """Whether both servers of the home do what they are for."""
    now = state(home)
    try:
        with psycopg.connect(now.database_url, connect_timeout=1) as connection:
            connection.execute("SELECT 1")
        with redis.Redis.from_url(now.redis_url) as client:
            client.ping()
    except (psycopg.OperationalError, redis.RedisError):
        return False
    return True


def test_everything_starts_and_a_stop_ends_workers_before_servers(home: Path) -> None:
    with a_service(home) as service:
        everything_runs(home)
        assert answers(home)
        eventually(lambda: output(home).count("works") == 2)
        service.send_signal(SIGINT)
        assert service.wait(20) == 0
    assert alive(home) == []
    ends = [
        line
        for line in output(home).splitlines()
        if "finishes its work" in line or "system is shut down" in line
    ]
    assert [line.split("|")[0].strip() for line in ends] == ["first", "second", "postgres"]


def test_a_second_ctrl_c_ends_everything_at_once(home: Path) -> None:
    with a_service(home) as service:
        processes = everything_runs(home)
        os.kill(processes["first"], 19)  # SIGSTOP: it will never finish
        service.send_signal(SIGINT)
        eventually(lambda: "ends in order" in output(home))
        service.send_signal(SIGINT)
        service.wait(10)
    assert alive(home) == []


@pytest.mark.parametrize("victim", sorted(EVERYTHING))
def test_whatever_is_killed_comes_back(home: Path, victim: str) -> None:
    with a_service(home) as service:
        before = everything_runs(home)
        address = state(home).database_url
        os.kill(before[victim], SIGKILL)
        after = eventually(lambda: (now := everything_runs(home))[victim] != before[victim] and now)
        eventually(lambda: answers(home))
        assert state(home).database_url == address
        assert {name for name in EVERYTHING if after[name] != before[name]} == {victim}
        service.send_signal(SIGTERM)
        service.wait(20)
    assert f"{victim} ended by SIGKILL, starting again" in output(home)


def test_nothing_outlives_a_supervisor_that_is_killed(home: Path) -> None:
    with a_service(home) as service:
        everything_runs(home)
        service.kill()
        service.wait()
        eventually(lambda: not alive(home), seconds=5)


def test_data_is_there_again_right_after_the_supervisor_was_killed(home: Path) -> None:
    with a_service(home) as service:
        everything_runs(home)
        with psycopg.connect(state(home).database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
        service.kill()
        service.wait()
    with a_service(home):
        everything_runs(home)
        with psycopg.connect(state(home).database_url) as connection:
            assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)


def test_a_second_supervisor_in_the_same_home_is_refused(home: Path) -> None:
    with a_service(home) as service:
        everything_runs(home)
        second = subprocess.run([*SERVICE, str(home)], capture_output=True, text=True, timeout=20)
        assert second.returncode != 0
        assert f"already runs in {home} (process {service.pid})" in second.stderr


def test_two_homes_do_not_disturb_each_other(home: Path) -> None:
    with reachable_folder() as other, a_service(home), a_service(other):
        everything_runs(home)
        everything_runs(other)
        assert answers(home)
        assert answers(other)
        assert state(home).database_url != state(other).database_url


def test_only_the_owner_may_read_the_addresses(home: Path) -> None:
    with a_service(home):
        everything_runs(home)
        assert (home / "state.json").stat().st_mode & 0o777 == 0o600
