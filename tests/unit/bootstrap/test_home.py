import os
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.home import (
    HomeInUse,
    NotRunning,
    Running,
    RunningProcess,
    connected,
    last_running,
    lock,
    process_start,
    running,
    write_running,
)
from bootstrap.settings import Settings

NOTED = Running(
    supervisor=os.getpid(),
    api="http://127.0.0.1:1",
    database_url="postgresql://o:p@h/d",
    redis_url="redis://h",
    processes=(RunningProcess(name="api", pid=1, started_at=2),),
)


def test_a_home_has_one_supervisor_at_a_time(tmp_path: Path) -> None:
    with (
        lock(tmp_path),
        pytest.raises(HomeInUse, match=rf"already runs in {tmp_path} \(process {os.getpid()}\)"),
    ):
        lock(tmp_path)
    lock(tmp_path).close()


def test_nobody_else_can_take_the_lock(tmp_path: Path) -> None:
    (tmp_path / "lock").touch(mode=0o644)
    with lock(tmp_path):
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600


def test_what_runs_is_known_while_its_supervisor_holds_the_home(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    with lock(tmp_path):
        write_running(tmp_path, NOTED)
        assert running(tmp_path) == NOTED
    assert running(tmp_path) is None
    assert last_running(tmp_path) == NOTED


def test_what_an_earlier_supervisor_noted_does_not_run(tmp_path: Path) -> None:
    write_running(tmp_path, Running(supervisor=1, api="", database_url="", redis_url=""))
    with lock(tmp_path):
        assert running(tmp_path) is None


def test_commands_find_the_servers_of_the_running_supervisor(tmp_path: Path) -> None:
    with lock(tmp_path):
        write_running(tmp_path, NOTED)
        found = connected(Settings(home=tmp_path, redis_url="redis://mine"))
    assert (found.database_url, found.redis_url) == ("postgresql://o:p@h/d", "redis://mine")


def test_servers_that_are_named_need_no_supervisor(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="postgresql://o:p@h/d", redis_url="redis://h")
    assert connected(settings) == settings


def test_without_servers_a_command_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="start it with `trimtab up`, or set TRIMTAB_DATABASE_URL"):
        connected(Settings(home=tmp_path))


def test_a_zombie_does_not_live() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read()  # it has ended, and nobody has asked how
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process_start(child.pid) is None
    child.communicate()
    assert process_start(os.getpid()) is not None
