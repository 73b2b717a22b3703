import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from bootstrap.settings import Settings
from bootstrap.status import ProjectionStatus, RelayStatus, status
from infrastructure.redis.connect import client
from infrastructure.redis.publisher import Publisher

EVENT = """
    INSERT INTO events.event VALUES (%s, gen_random_uuid(), 't', gen_random_uuid(), 1, 'x', '{}', 'a', 'c', NULL,
                                     NULL, now(), now() - interval '90 seconds', '')
"""


@pytest.fixture
def settings(database_url: str, redis_server: str, tmp_path: Path) -> Settings:
    with redis.Redis.from_url(redis_server) as client:
        client.flushdb()
    return Settings(home=tmp_path, database_url=database_url, redis_url=redis_server)


def written(settings: Settings, *positions: int) -> None:
    with psycopg.connect(settings.database_url or "") as connection:
        for position in positions:
            connection.execute(EVENT, (position,))
        connection.execute("UPDATE events.head SET position = %s", (max(positions),))


def read_to(settings: Settings, projection: str, position: int) -> None:
    with psycopg.connect(settings.database_url or "") as connection:
        connection.execute("INSERT INTO read.checkpoint VALUES (%s, %s, now())", (projection, position))


def published(settings: Settings, upto: int) -> None:
    """Have the relay's own script note how far it is; nothing it read was for a stream."""

    async def publish() -> None:
        async with client(settings.redis_url or "", "test") as connection:
            await Publisher(connection).publish((), origin="", after=0, upto=upto)

    asyncio.run(publish())


def trimtab(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "TRIMTAB_HOME": str(settings.home),
        "TRIMTAB_DATABASE_URL": settings.database_url or "",
        "TRIMTAB_REDIS_URL": settings.redis_url or "",
        "TRIMTAB_PORT": "1",
        "NO_COLOR": "1",
    }
    command = [sys.executable, "-m", "bootstrap.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_projection_that_is_behind_says_by_how_many_events_and_seconds(settings: Settings) -> None:
    written(settings, 1, 2, 3)
    read_to(settings, "portfolios", 1)
    read_to(settings, "imports", 3)
    imports, portfolios = status(settings).projections
    assert imports == ProjectionStatus(name="imports", position=3, lag_events=0, lag_seconds=0.0)
    assert (portfolios.name, portfolios.position, portfolios.lag_events) == ("portfolios", 1, 2)
    assert 90 <= portfolios.lag_seconds < 120


def test_the_relay_is_as_far_as_it_has_read_whatever_it_published(settings: Settings) -> None:
    written(settings, 1, 2, 3)
    assert status(settings).relay == RelayStatus(position=0, lag_events=3)
    published(settings, 2)
    assert status(settings).relay == RelayStatus(position=2, lag_events=1)


def test_tables_that_a_rebuild_has_replaced_are_no_projection(settings: Settings) -> None:
    written(settings, 1)
    read_to(settings, "portfolios", 1)
    read_to(settings, "portfolios@previous", 0)
    assert [one.name for one in status(settings).projections] == ["portfolios"]


def test_json_has_the_promised_form_and_addresses_that_work(settings: Settings) -> None:
    written(settings, 1)
    read_to(settings, "portfolios", 1)
    done = trimtab(settings, "status", "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert list(found) == [
        "api",
        "database_url",
        "redis_url",
        "processes",
        "position",
        "projections",
        "relay",
    ]
    assert list(found["projections"][0]) == ["name", "position", "lag_events", "lag_seconds"]
    psycopg.connect(found["database_url"]).close()
    assert done.returncode == 1  # nobody answers at the API's address


def test_text_masks_the_passwords(settings: Settings) -> None:
    written(settings, 1)
    done = trimtab(settings, "status")
    assert "not healthy" in done.stdout
    assert ":***@" in done.stdout
    password = (settings.database_url or "").split(":")[2].split("@")[0]
    assert password not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout


def test_a_database_out_of_reach_is_said_in_a_sentence(settings: Settings) -> None:
    away = Settings(
        home=settings.home, database_url="postgresql://o:secret@127.0.0.1:1/d", redis_url=settings.redis_url
    )
    done = trimtab(away, "status")
    assert done.returncode == 3
    assert done.stderr.startswith("PostgreSQL cannot be reached: ")
    assert "secret" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_doctor_finds_nothing_wrong_with_a_good_installation(settings: Settings) -> None:
    done = trimtab(settings, "doctor", "--json")
    found = json.loads(done.stdout)
    verdicts = {finding["check"]: finding["verdict"] for finding in found["findings"]}
    assert verdicts["PostgreSQL"] == verdicts["schema"] == verdicts["role"] == verdicts["clock"] == "ok"
    assert verdicts["Redis"] == verdicts["Redis persistence"] == "ok"
    assert {"variable": "TRIMTAB_DATABASE_URL", "value": "(set)", "default": None} in found["settings"]


def test_the_doctor_finds_a_role_that_sees_every_tenant(settings: Settings) -> None:
    with psycopg.connect(settings.database_url or "", autocommit=True) as connection:
        connection.execute("ALTER ROLE trimtab_api BYPASSRLS")
        try:
            done = trimtab(settings, "doctor")
        finally:
            connection.execute("ALTER ROLE trimtab_api NOBYPASSRLS")
    assert done.returncode == 1
    assert "tenants are not kept apart" in done.stdout


def test_the_doctor_finds_a_database_without_a_schema(settings: Settings, database_server: str) -> None:
    bare = Settings(home=settings.home, database_url=database_server, redis_url=settings.redis_url)
    done = trimtab(bare, "doctor")
    assert done.returncode == 1
    assert "run `trimtab migrate`" in done.stdout
