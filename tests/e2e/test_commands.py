"""The command line on a running service: its JSON, its exit codes, its manners."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
import redis
from tests.e2e.things import a_portfolio
from tests.support.running import EVERYTHING, REPOSITORY, TRIMTAB, RunningService
from tests.support.waiting import eventually

from bootstrap.read_models import PROJECTIONS

EXAMPLE = REPOSITORY / "examples" / "positions.csv"
COLOUR = "\x1b["


def test_status_has_the_promised_form(running_service: RunningService) -> None:
    found: dict[str, Any] = running_service.trimtab_json("status")
    names = ["api", "database_url", "redis_url", "processes", "position", "projections", "relay"]
    assert list(found) == names
    assert found["api"] == running_service.address
    psycopg.connect(found["database_url"]).close()
    redis.Redis.from_url(found["redis_url"]).ping()
    assert {one["name"] for one in found["processes"]} == EVERYTHING
    assert all(
        list(one) == ["name", "pid"] and Path(f"/proc/{one['pid']}").exists() for one in found["processes"]
    )
    assert found["position"] > 0
    assert {one["name"] for one in found["projections"]} == set(PROJECTIONS)
    keys = ["name", "position", "lag_events", "lag_seconds"]
    assert all(list(one) == keys for one in found["projections"])
    assert isinstance(found["relay"], dict)


def test_a_quiet_service_is_nowhere_behind(running_service: RunningService) -> None:
    def behind() -> bool:
        now = running_service.status()
        return any(one.lag_events for one in now.projections) or now.relay.lag_events > 0

    eventually(lambda: not behind())


def test_a_token_opens_its_tenant_and_its_scopes_only(running_service: RunningService) -> None:
    told = running_service.trimtab_json(
        "token", "--tenant", "cli", "--scopes", "portfolios:read", "--ttl", "90s"
    )
    assert (told["tenant"], told["expires_in"]) == ("cli", 90)
    plain = running_service.trimtab("token", "--tenant", "cli")
    assert plain.stdout.count("\n") == 1
    for token, status in ((told["token"], 403), (plain.stdout.strip(), 201)):
        headers = {"Authorization": f"Bearer {token}"}
        body = {"name": "By token", "portfolio_type": "long_only"}
        answer = httpx.post(f"{running_service.address}/v1/portfolios", json=body, headers=headers)
        assert answer.status_code == status
        assert httpx.get(f"{running_service.address}/v1/portfolios", headers=headers).status_code == 200


def test_a_key_is_shown_once_and_opens_its_tenant(running_service: RunningService) -> None:
    told = running_service.trimtab_json("key", "create", "--tenant", "cli", "--name", "laptop")
    assert told["name"] == "laptop"
    assert "admin" not in told["scopes"]
    headers = {"X-API-Key": told["key"]}
    assert httpx.get(f"{running_service.address}/v1/portfolios", headers=headers).status_code == 200
    with running_service.database() as database:
        (stored,) = database.execute(
            "select k::text from identity.api_key k where id = %s", (told["id"],)
        ).fetchone() or ("",)
    assert told["key"] not in stored


def test_projections_are_listed_and_rebuilt_to_the_same(running_service: RunningService) -> None:
    names = [one["name"] for one in running_service.trimtab_json("projections", "list")]
    assert names == sorted(PROJECTIONS)
    for name in names:
        rebuilt = running_service.trimtab_json("projections", "rebuild", name)
        assert rebuilt["projection"] == name
        assert rebuilt["rows_different"].values()
        assert set(rebuilt["rows_different"].values()) == {0}, rebuilt
    assert [one["name"] for one in running_service.trimtab_json("projections", "list")] == names


def test_there_are_no_dead_letters(running_service: RunningService) -> None:
    assert running_service.trimtab_json("dead-letters", "list") == {"dead_letters": []}


def test_the_doctor_finds_a_running_service_well(running_service: RunningService) -> None:
    found = running_service.trimtab_json("doctor")
    assert found["healthy"] is True
    assert all(finding.keys() >= {"check", "verdict", "detail"} for finding in found["findings"])


def test_an_import_is_checked_without_a_service(tmp_path: Path) -> None:
    done = trimtab("import", "check", str(EXAMPLE), "--json", home=tmp_path)
    assert done.returncode == 0
    plan = json.loads(done.stdout)
    assert plan["errors"] == []
    assert len(plan["positions"]) > 0
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("ticker,quantity,asset_class\nAAPL,1,equity\nXYZ,1,structured_note\n")
    done = trimtab("import", "check", str(wrong), "--json", home=tmp_path)
    assert done.returncode == 1
    assert [error["row"] for error in json.loads(done.stdout)["errors"]] == [3]
    assert trimtab("import", "check", str(tmp_path / "none.csv"), home=tmp_path).returncode == 2


def test_events_are_told_as_they_are_recorded(running_service: RunningService) -> None:
    with running_service.client("watched") as client:
        path = a_portfolio(client)
        with watching(running_service, "--portfolio", path.rsplit("/", 1)[1], "--after", "0") as told:
            first = json.loads(told.readline())
            client.post(f"{path}/cash", json={"amount": 5}).raise_for_status()
            started, moved = (json.loads(told.readline()) for _ in range(2))
    assert first["position"] < started["position"] < moved["position"]
    assert "registered" in json.dumps(first)
    assert "cash" in json.dumps(moved)


@contextmanager
def watching(service: RunningService, *arguments: str) -> Iterator[IO[str]]:
    """What `trimtab events tail --json` prints, until the end of the block."""
    command = [*TRIMTAB, "events", "tail", "--json", *arguments]
    with subprocess.Popen(command, env=service.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.send_signal(signal.SIGINT)


def test_the_api_holds_no_password_of_the_owner(running_service: RunningService) -> None:
    password = urlsplit(running_service.settings().database_url or "").password or ""
    api = running_service.processes()["api"].pid
    assert password.encode() not in Path(f"/proc/{api}/environ").read_bytes()


@pytest.mark.parametrize(
    "command", [("status",), ("doctor",), ("projections", "list"), ("--help",), ("up", "--help")]
)
def test_no_color_is_respected(running_service: RunningService, command: tuple[str, ...]) -> None:
    done = running_service.trimtab(*command, NO_COLOR="1", FORCE_COLOR="", TERM="xterm-256color")
    assert done.returncode == 0, done.stderr
    assert COLOUR not in done.stdout + done.stderr


def test_exit_codes_tell_what_went_wrong(running_service: RunningService, tmp_path: Path) -> None:
    assert running_service.trimtab("status").returncode == 0
    assert running_service.trimtab("nonsense").returncode == 2
    assert running_service.trimtab("token").returncode == 2
    assert running_service.trimtab("token", "--tenant", "a", "--scopes", "everything").returncode == 2
    assert running_service.trimtab("projections", "rebuild", "nothing").returncode == 2
    away = trimtab("status", home=tmp_path)
    assert away.returncode == 3
    assert away.stderr.count("\n") == 1
    assert "Traceback" not in away.stderr
    second = running_service.trimtab("up", "--no-demo")
    assert second.returncode == 1
    assert re.fullmatch(r"Trimtab already runs in \S+ \(process \d+\)\.\n", second.stderr)


def trimtab(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A command of ours where no service runs."""
    service = RunningService(home=home, port=1)
    return service.trimtab(*arguments)
