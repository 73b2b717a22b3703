"""`trimtab verify`: its exit code, its answer, and a home that is at rest."""

import asyncio
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from prometheus_client import CollectorRegistry
from redis import Redis
from tests.support.appends import an_append
from tests.support.database import api_password, as_api
from tests.support.servers import reachable_folder
from tests.support.waiting import eventually

from bootstrap.cli._commands import trimtab
from bootstrap.home import lock
from bootstrap.relay import follow, signer_of
from bootstrap.settings import Settings
from bootstrap.verify import verify
from infrastructure.embedded.postgres_server import EmbeddedPostgres
from infrastructure.embedded.server import running
from infrastructure.eventstore.append import append_batch
from infrastructure.eventstore.checkpoints import LogKey, new_key
from infrastructure.postgres.connect import connector
from infrastructure.postgres.migrate import migrate
from infrastructure.redis.metrics import RelayMetrics


@pytest.fixture
def home(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose database is that of the test, with five events that the relay has signed."""
    home = tmp_path / "home"
    monkeypatch.setenv("TRIMTAB_HOME", str(home))
    monkeypatch.setenv("TRIMTAB_DATABASE_URL", database_url)
    asyncio.run(written(Settings(home=home, database_url=database_url)))
    return home


async def written(settings: Settings) -> None:
    assert settings.database_url is not None
    async with await connector(settings.database_url, "test")() as connection:
        await append_batch(connection, [an_append() for _ in range(5)])
        await signer_of(settings).step(connection)


def verified(*arguments: str) -> Result:
    return CliRunner().invoke(trimtab, ["verify", *arguments])


def told(*arguments: str) -> dict[str, Any]:
    return dict(json.loads(verified("--json", *arguments).stdout))


def changed(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("update events.event set actor = 'mallory' where position = 3")


def test_a_log_in_order_ends_with_zero_and_says_what_was_proven(home: Path, database_url: str) -> None:
    assert verified().exit_code == 0
    found = told()
    assert list(found) == [
        "ok",
        "events",
        "last_position",
        "head_hash",
        "checkpoints",
        "unproven_checkpoints",
        "first_broken_position",
        "reason",
        "public_key",
    ]
    assert (found["ok"], found["events"], found["last_position"], found["checkpoints"]) == (True, 5, 5, 1)
    assert found["public_key"].startswith("-----BEGIN PUBLIC KEY-----")
    assert (found["first_broken_position"], found["reason"]) == (None, None)
    with psycopg.connect(database_url) as connection:
        head = connection.execute("select encode(hash, 'hex') from events.head").fetchone()
    assert (found["head_hash"],) == head


@pytest.mark.usefixtures("home")
def test_a_changed_log_ends_with_one_and_names_the_first_broken_position(database_url: str) -> None:
    changed(database_url)
    result = verified()
    assert result.exit_code == 1
    assert "broken at position 3" in result.stdout
    found = told()
    assert (found["ok"], found["first_broken_position"]) == (False, 3)
    assert found["reason"]
    assert told("--from-position", "5")["ok"] is True


def test_a_copy_and_a_public_key_from_elsewhere_are_enough(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.pem"
    elsewhere.write_text(told()["public_key"])
    copy = tmp_path / "copy.jsonl"
    (home / "log-checkpoints.jsonl").rename(copy)
    for file in home.iterdir():
        file.unlink()
    alone = verified()
    assert (alone.exit_code, "No signature was checked" in alone.stderr) == (0, True)
    found = told("--public-key", str(elsewhere), "--checkpoints", str(copy))
    assert (found["ok"], found["checkpoints"], found["unproven_checkpoints"]) == (True, 1, 0)
    another = tmp_path / "another.pem"
    another.write_text(LogKey(new_key()).public_pem)
    assert told("--public-key", str(another))["first_broken_position"] == 5


def test_a_line_of_the_copy_that_is_no_checkpoint_is_told(home: Path) -> None:
    copy = home / "log-checkpoints.jsonl"
    copy.write_bytes(b"{}\n" + copy.read_bytes())
    result = verified()
    assert result.exit_code == 1
    assert "Line 1 of" in result.stderr


def test_the_doctor_tells_the_public_key_and_a_key_that_cannot_be_read(home: Path) -> None:
    def finding() -> dict[str, Any]:
        findings = json.loads(CliRunner().invoke(trimtab, ["doctor", "--json"]).stdout)["findings"]
        return dict(next(one for one in findings if one["check"] == "log key"))

    public_key = "".join(told()["public_key"].splitlines()[1:-1])
    assert finding() == {"check": "log key", "verdict": "ok", "detail": f"public half {public_key}"}
    (home / "log-signing-key.pem").write_text("nothing")
    assert finding()["verdict"] == "problem"
    refused = verified()
    assert (refused.exit_code, "cannot be read" in refused.stderr) == (1, True)


def test_the_keys_are_for_their_owner_only(home: Path) -> None:
    files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in home.iterdir()}
    assert files == {
        "log-signing-key.pem": 0o600,
        "log-public-keys.pem": 0o600,
        "log-checkpoints.jsonl": 0o600,
    }


@pytest.mark.usefixtures("home")
def test_the_role_of_the_api_is_told_that_it_does_not_see_enough(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_DATABASE_URL", as_api(database_url))
    result = verified()
    assert (result.exit_code, "as the owner" in result.stderr) == (1, True)


@pytest.mark.usefixtures("home")
def test_a_database_without_a_log_is_said_in_a_sentence(
    database_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_DATABASE_URL", database_server)
    result = verified()
    assert (result.exit_code, "trimtab migrate" in result.stderr) == (1, True)


async def test_a_relay_that_stops_has_signed_the_log_to_its_end(
    database_url: str, redis_server: str, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, database_url=database_url, redis_url=redis_server)
    with Redis.from_url(redis_server) as redis:
        redis.flushall()
    stop = asyncio.Event()
    relaying = asyncio.create_task(follow(settings, RelayMetrics(CollectorRegistry()), stop))
    async with await connector(database_url, "test")() as connection:
        await append_batch(connection, [an_append()])
        await asyncio.to_thread(eventually, (tmp_path / "log-checkpoints.jsonl").exists)
        await append_batch(connection, [an_append() for _ in range(3)])
        stop.set()
        await relaying
        row = await (await connection.execute("select max(position) from events.checkpoint")).fetchone()
    assert row == (4,)
    assert verify(settings).ok


@pytest.fixture
def resting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with an embedded server that nobody runs."""
    with reachable_folder() as folder:
        home = folder / "home"
        home.mkdir(mode=0o711)
        monkeypatch.setenv("TRIMTAB_HOME", str(home))
        monkeypatch.delenv("TRIMTAB_DATABASE_URL", raising=False)
        with running(EmbeddedPostgres(home / "postgres")) as url:
            migrate(url, api_password=api_password(url))
            asyncio.run(written(Settings(home=home, database_url=url)))
        yield home


def test_a_home_at_rest_is_verified_with_its_own_server_for_that_time(resting: Path) -> None:
    assert verified().exit_code == 0
    with lock(resting):
        refused = verified()  # somebody is just starting it
    assert refused.exit_code == 1
    assert "already runs" in str(refused.exception)
    with running(EmbeddedPostgres(resting / "postgres")) as url:
        changed(url)
    assert told()["first_broken_position"] == 3


def test_a_folder_that_is_no_home_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / "nothing"))
    monkeypatch.delenv("TRIMTAB_DATABASE_URL", raising=False)
    result = verified()
    assert result.exit_code != 0
    assert "There is no database in" in str(result.exception)
    assert not (tmp_path / "nothing").exists()
