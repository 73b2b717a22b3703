"""`trimtab key` and `trimtab tenant` on a real database."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result

from application.caller import DEFAULT_SCOPES
from bootstrap.cli.key import command as key
from bootstrap.cli.person import command as person
from bootstrap.cli.tenant import command as tenant


@pytest.fixture(autouse=True)
def on_a_database(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRIMTAB_DATABASE_URL", database_url)
    monkeypatch.setenv("TRIMTAB_REDIS_URL", "redis://127.0.0.1:1/0")


def run(command: Any, *arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def told(command: Any, *arguments: str) -> Any:
    done = run(command, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_a_key_is_made_listed_and_revoked(database_url: str) -> None:
    made = told(key, "create", "--tenant", "acme", "--name", "nightly", "--ttl", "30d")
    assert made["key"].startswith("tt_live_")
    assert (made["scopes"], made["expires_at"] is not None) == (sorted(DEFAULT_SCOPES), True)
    run(key, "create", "--tenant", "globex", "--name", "other", "--scopes", "admin")
    (listed,) = told(key, "list", "--tenant", "acme")["api_keys"]
    assert (listed["id"], listed["name"], listed["tenant"]) == (made["id"], "nightly", "acme")
    assert made["key"] not in str(listed)
    assert run(key, "revoke", made["id"]).exit_code == 0
    assert run(key, "revoke", made["id"]).exit_code == 1
    assert run(key, "revoke", str(uuid4())).exit_code == 1
    assert told(key, "list", "--tenant", "acme")["api_keys"] == []
    assert len(told(key, "list", "--revoked")["api_keys"]) == 2
    with psycopg.connect(database_url) as connection:
        noted = connection.execute(
            "select action, actor from identity.audit where tenant_id = 'acme'"
        ).fetchall()
    assert noted == [("key.created", "operator"), ("key.revoked", "operator")]


def test_keys_are_told_in_lines_as_well() -> None:
    assert run(key, "list").output == "There are no API keys.\n"
    run(key, "create", "--tenant", "acme", "--name", "nightly", "--scopes", "portfolios:read")
    (line,) = run(key, "list").output.splitlines()
    assert "acme" in line
    assert line.endswith("nightly  portfolios:read  never used")


def test_a_tier_is_set_and_taken_back() -> None:
    assert run(tenant, "list").output == "There are no tenants.\n"
    assert run(tenant, "tier", "acme", "pro").output == "acme is now on tier pro.\n"
    assert run(tenant, "tier", "acme", "pro").output == "acme was on tier pro.\n"
    run(key, "create", "--tenant", "acme", "--name", "nightly")
    (listed,) = told(tenant, "list")["tenants"]
    assert (listed["tenant"], listed["tier"], listed["keys"], listed["members"]) == ("acme", "pro", 1, 0)
    assert run(tenant, "tier", "acme", "default").exit_code == 0
    assert "acme  -  tier default  0 members  1 keys  0 portfolios" in run(tenant, "list").output


@pytest.mark.parametrize("arguments", [("tier", "acme", "gold"), ("tier", "*", "pro"), ("tier", "acme")])
def test_a_tier_or_tenant_that_cannot_be_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert run(tenant, *arguments).exit_code == 2


def a_person(database_url: str, address: str, *, tenant: str, role: str = "owner") -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("select identity.ensure_tenant(%s)", (tenant,))
        connection.execute(
            "select identity.add_person(%(id)s, %(at)s, %(at)s, 'Ann', 'Archer', 'x')",
            {"id": uuid4(), "at": address},
        )
        connection.execute(
            "insert into identity.member select %s, person_id, %s from identity.person where email = %s",
            (tenant, role, address),
        )


def test_a_person_is_erased_by_address(database_url: str) -> None:
    a_person(database_url, "ann@example.com", tenant="archers")
    assert run(person, "erase", "ANN@example.com", "--yes").output == "Erased.\n"
    again = run(person, "erase", "ann@example.com", "--yes")
    assert (again.exit_code, again.output) == (1, "Error: Nobody has the address ann@example.com.\n")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from identity.person").fetchone() == (0,)


def test_the_only_owner_of_others_is_not_erased(database_url: str) -> None:
    a_person(database_url, "ann@example.com", tenant="archers")
    a_person(database_url, "bob@example.com", tenant="archers", role="viewer")
    refused = run(person, "erase", "ann@example.com", "--yes")
    assert (refused.exit_code, "only owner of archers" in refused.output) == (1, True)
