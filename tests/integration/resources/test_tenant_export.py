"""The export of a tenant: all it has, line by line, and nothing of anybody else."""

import asyncio
import json
import os
import stat
from base64 import b64decode
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from click.testing import CliRunner, Result
from tests.support.accounts import log_in, register
from tests.support.callers import a_caller
from tests.support.database import as_api
from tests.support.service import Service

from application.audit.export import exported
from application.caller import ADMIN, DEFAULT_SCOPES, SCOPES
from application.optimization.dataset import Dataset
from application.portfolios.register import RegisterPortfolio, register_portfolio
from bootstrap.cli._commands import trimtab
from domain.errors import Unavailable
from infrastructure.postgres.connect import connector
from infrastructure.postgres.tenant_data import AT_ONCE, PostgresTenantData

Line = dict[str, Any]
PRICES = "ticker,date,close\nAAPL,2026-03-25,175.84\nAAPL,2026-03-26,176.01\n"


def lines_of(content: bytes) -> list[Line]:
    return [json.loads(line) for line in content.splitlines()]


async def exported_by(client: httpx.AsyncClient, **options: Any) -> bytes:
    answer = await client.get("/v1/export", **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return answer.content


def of_kind(lines: list[Line], kind: str) -> list[Line]:
    return [line for line in lines if line["kind"] == kind]


@pytest.fixture
def admin(client_of: Any) -> httpx.AsyncClient:
    """A client of tenant `acme` with every right."""
    return client_of("acme", SCOPES)  # type: ignore[no-any-return]


async def with_data(client: httpx.AsyncClient, name: str) -> None:
    """A portfolio with a position, prices of its own and a key."""
    made = await client.post(
        "/v1/portfolios", json={"name": name, "portfolio_type": "long_only", "initial_cash": 25000}
    )
    assert made.status_code == 201, made.text
    position = {"symbol": "AAPL", "quantity": 10, "price": 150, "current_price": "175.84"}
    await client.post(f"{made.headers['location']}/positions", json=position)
    returns = {"assets": ["A", "B"], "returns": [[0.01, 0.02], [0.0, 0.01], [0.02, -0.01]]}
    asked = await client.post("/v1/optimizations", json={"methods": ["EquiWeighted"], **returns})
    assert asked.status_code == 202, asked.text
    files = {"file": ("p.csv", PRICES.encode(), "text/csv")}
    imported = await client.post("/v1/market/prices/import", files=files)
    assert imported.status_code < 300, imported.text
    assert (await client.post("/v1/api-keys", json={"name": f"key of {name}"})).status_code == 201


async def test_an_export_is_everything_in_one_order_and_says_that_it_is_whole(
    service: Service, admin: httpx.AsyncClient
) -> None:
    await with_data(admin, "Growth")
    content = await exported_by(admin)
    lines = lines_of(content)
    kinds = list(dict.fromkeys(line["kind"] for line in lines))
    assert kinds == [
        "tenant",
        "api_key",
        "portfolio",
        "optimization",
        "optimization.dataset",
        "event",
        "market.import",
        "market.bars",
        "audit",
        "end",
    ]
    assert lines[0]["tenant_id"] == "acme"
    *_, end = content.splitlines(keepends=True)
    before = content.removesuffix(end)
    assert lines[-1] == {"kind": "end", "lines": len(lines) - 1, "sha256": sha256(before).hexdigest()}
    assert all(line.startswith(b'{"kind":"') for line in content.splitlines())
    events = of_kind(lines, "event")
    with psycopg.connect(service.database_url) as owner:
        stored = owner.execute(
            "select position, event_id::text, topic, state from events.event where tenant_id = 'acme' order by position"
        ).fetchall()
    assert [(one["position"], one["id"], one["type"], one["data"]) for one in events] == stored
    [bars] = of_kind(lines, "market.bars")
    assert (bars["ticker"], bars["days"], bars["close"]) == (
        "AAPL",
        ["2026-03-25", "2026-03-26"],
        [175.84, 176.01],
    )
    [dataset] = of_kind(lines, "optimization.dataset")
    figures = Dataset.decoded(b64decode(dataset["content"], validate=True))
    assert (figures.names, figures.hash) == (("A", "B"), dataset["hash"])
    assert of_kind(lines, "audit")[-1]["action"] == "export.made"


async def test_no_secret_is_in_an_export(service: Service, admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/v1/api-keys", json={"name": "robot"})).json()
    endpoint = {"url": "https://1.1.1.1/hook", "events": ["recommendation.made"]}
    told = (await admin.post("/v1/webhooks", json=endpoint)).json()
    sent = {"email": "bob@example.com", "role": "viewer"}
    invitation = (await admin.post("/v1/tenants/acme/invitations", json=sent)).json()
    content = (await exported_by(admin)).decode()
    with psycopg.connect(service.database_url) as owner:
        secrets = [row[0].hex() for row in owner.execute("select key_hash from identity.api_key")]
        secrets += [row[0].hex() for row in owner.execute("select secret from webhook.endpoint")]
        secrets += [row[0].hex() for row in owner.execute("select token_hash from identity.invitation")]
    assert len(secrets) == 3
    shown_once = (made["key"], told["secret"], invitation["token"])
    assert not [secret for secret in (*secrets, *shown_once) if secret in content]
    [key] = of_kind(lines_of(content.encode()), "api_key")
    assert key.keys().isdisjoint({"key", "key_hash"})


async def test_members_are_in_the_export_of_their_tenant(client_of: Any) -> None:
    nobody = client_of("nobody", None)
    ann = await register(nobody)
    signed_in = await log_in(nobody)
    lines = lines_of(await exported_by(nobody, headers=signed_in.headers))
    [member] = of_kind(lines, "member")
    assert (member["person_id"], member["email"], member["role"]) == (ann["id"], "ann@example.com", "owner")
    assert "password" not in json.dumps(lines).replace("auth.password", "")
    [tenant] = of_kind(lines, "tenant")
    assert tenant["name"] == "Ann Archer"


async def test_nothing_of_another_tenant_is_in_an_export(admin: httpx.AsyncClient, client_of: Any) -> None:
    other = client_of("other", SCOPES)
    await with_data(other, "Secret")
    await with_data(admin, "Growth")
    await register(client_of("nobody", None))
    content = (await exported_by(admin)).decode()
    assert "Growth" in content
    assert "Secret" not in content
    assert "other" not in content.replace("another", "")
    assert "ann@example.com" not in content


async def test_an_export_needs_admin(client_of: Any) -> None:
    assert (await client_of("acme", DEFAULT_SCOPES).get("/v1/export")).status_code == 403
    assert (await client_of("acme", frozenset({ADMIN})).get("/v1/export")).status_code == 200


async def test_a_tenant_without_anything_has_an_export_too(client_of: Any) -> None:
    lines = lines_of(await exported_by(client_of("blank", SCOPES)))
    assert Counter(line["kind"] for line in lines) == {"tenant": 1, "audit": 1, "end": 1}


async def test_events_that_come_meanwhile_are_not_in_it(service: Service) -> None:
    await some_events(service, 3)
    data = PostgresTenantData(connector(as_api(service.database_url), "test"))
    lines: list[Line] = []
    async for line in exported("acme", data):
        if not lines:
            await some_events(service, 3)
        lines.append(json.loads(line))
    assert len(of_kind(lines, "event")) == 3
    assert lines[-1]["kind"] == "end"


async def some_events(service: Service, number: int) -> None:
    for _ in range(number):
        command = RegisterPortfolio(caller=a_caller("acme"), name="Growth")
        await register_portfolio(command, ledger=service.ledger)


async def test_more_exports_at_once_than_there_is_room_for_are_told_to_come_back(service: Service) -> None:
    data = PostgresTenantData(connector(as_api(service.database_url), "test"))
    under_way = [exported("acme", data) for _ in range(AT_ONCE)]
    for lines in under_way:
        await anext(lines)
    with pytest.raises(Unavailable):
        await anext(exported("acme", data))
    await asyncio.gather(*(rest(lines) for lines in under_way))
    await anext(again := exported("acme", data))
    await rest(again)


async def rest(lines: Any) -> None:
    async for _ in lines:
        pass


async def test_an_export_that_nobody_reads_to_its_end_makes_room_again(service: Service) -> None:
    data = PostgresTenantData(connector(as_api(service.database_url), "test"))
    for _ in range(AT_ONCE + 1):
        left = data.lines("acme")
        await anext(left)
        await left.aclose()  # type: ignore[attr-defined]


@pytest.fixture
def here(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRIMTAB_DATABASE_URL", service.database_url)
    monkeypatch.setenv("TRIMTAB_REDIS_URL", "redis://127.0.0.1:1/0")
    return tmp_path


async def written(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, trimtab, ["export", *arguments])


async def test_the_command_writes_the_same_to_a_file_of_its_owner(service: Service, here: Path) -> None:
    await some_events(service, 2)
    file = here / "acme.jsonl"
    result = await written("acme", "-o", str(file))
    assert result.exit_code == 0, result.output
    lines = lines_of(file.read_bytes())
    assert len(of_kind(lines, "event")) == 2
    assert of_kind(lines, "audit")[-1]["actor"] == "operator"
    assert f"{len(lines)} lines" in result.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [name for name in os.listdir(here) if "jsonl" in name] == ["acme.jsonl"]


@pytest.mark.usefixtures("here")
async def test_the_command_refuses_the_name_of_the_shared_data(tmp_path: Path) -> None:
    result = await written("*", "-o", str(tmp_path / "x"))
    assert result.exit_code == 2
    assert not (tmp_path / "x").exists()
