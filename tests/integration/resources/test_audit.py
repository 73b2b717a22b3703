"""The audit trail: what was noted and what was decided, in one order, for the tenant alone."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from tests.support.callers import a_caller
from tests.support.database import as_api
from tests.support.service import Service

from application.caller import ADMIN, DEFAULT_SCOPES
from infrastructure.postgres.acting import acting_as
from infrastructure.postgres.trail import note

Body = dict[str, Any]


@pytest.fixture
def auditor(client_of: Any) -> httpx.AsyncClient:
    """A client of tenant `acme` that may read the trail."""
    return client_of("acme", frozenset({ADMIN}))  # type: ignore[no-any-return]


async def noted(service: Service, action: str, *, tenant: str = "acme", subject: str | None = None) -> None:
    async with acting_as(service.connections, tenant=tenant) as connection:
        await note(connection, a_caller(tenant), action, subject, {"n": 1})


async def entries(client: httpx.AsyncClient, **asked: Any) -> list[Body]:
    answer = await client.get("/v1/audit", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["entries"])


async def decided(service: Service, portfolio: str) -> UUID:
    """Accept a recommendation of a portfolio, and return its id."""
    portfolio_id, recommendation = UUID(portfolio.rsplit("/", 1)[1]), uuid4()
    async with service.ledger.unit(a_caller("acme", actor="ann")) as unit:
        rebalancing = await unit.rebalancing(portfolio_id)
        rebalancing.trigger_event(
            rebalancing.Accepted,
            portfolio_id=portfolio_id,
            recommendation_id=recommendation,
            note="as discussed",
            effective_at=unit.now,
        )
        await unit.commit(None)
    return recommendation


async def test_what_was_noted_and_what_was_decided_stand_in_one_order(
    service: Service, api: httpx.AsyncClient, auditor: httpx.AsyncClient, portfolio: str
) -> None:
    await noted(service, "key.created", subject="key/1")
    recommendation = await decided(service, portfolio)
    await noted(service, "key.revoked")
    await api.delete(portfolio)
    found = await entries(auditor)
    assert [one["action"] for one in found] == [
        "portfolio.archived",
        "key.revoked",
        "recommendation.accepted",
        "key.created",
    ]
    assert found[0]["subject"] == portfolio.removeprefix("/v1/portfolios").replace("/", "portfolio/")
    accepted = found[2]
    assert (accepted["actor"], accepted["subject"]) == ("ann", f"recommendation/{recommendation}")
    assert accepted["detail"] == {"portfolio_id": portfolio.rsplit("/", 1)[1], "note": "as discussed"}
    assert accepted["id"].startswith("event-")
    assert found[3]["detail"] == {"n": 1}


async def test_pages_never_show_an_entry_twice_or_leave_one_out(
    service: Service, auditor: httpx.AsyncClient, portfolio: str
) -> None:
    for number in range(4):
        await noted(service, f"thing.number-{number}")
        await decided(service, portfolio)
    everything = await entries(auditor)
    assert len(everything) == 8
    for size in (1, 3):
        pages = [await entries(auditor, limit=size, offset=offset) for offset in range(0, 9, size)]
        assert [one for page in pages for one in page] == everything
    page = (await auditor.get("/v1/audit", params={"limit": 3, "offset": 6})).json()
    assert (page["total"], page["limit"], page["offset"]) == (8, 3, 6)


async def test_entries_of_the_same_moment_have_an_order_too(
    service: Service, auditor: httpx.AsyncClient
) -> None:
    async with acting_as(service.connections, tenant="acme") as connection:
        for _ in range(5):
            await note(connection, a_caller("acme"), "thing.done")
    with psycopg.connect(service.database_url) as owner:
        owner.execute("alter table identity.audit disable trigger append_only")
        owner.execute("update identity.audit set at = '2026-01-01'")
    found = [one["id"] for one in await entries(auditor)]
    assert found == sorted(found, reverse=True)
    assert [
        one["id"] for offset in range(5) for one in await entries(auditor, limit=1, offset=offset)
    ] == found


@pytest.mark.parametrize(
    ("asked", "actions"),
    [
        ({"action": "key.created"}, {"key.created"}),
        ({"action": "recommendation.accepted"}, {"recommendation.accepted"}),
        ({"action": "rebalancing.accepted"}, set()),
        ({"actor": "ann"}, {"recommendation.accepted"}),
        ({"subject": "key/1"}, {"key.created"}),
        ({"from": "2999-01-01"}, set()),
        ({"to": "1999-01-01"}, set()),
        ({"from": "1999-01-01", "to": "2999-01-01"}, {"key.created", "recommendation.accepted"}),
    ],
)
async def test_a_filter_leaves_what_fits_and_counts_it(
    service: Service, auditor: httpx.AsyncClient, portfolio: str, asked: Body, actions: set[str]
) -> None:
    await noted(service, "key.created", subject="key/1")
    await decided(service, portfolio)
    answer = (await auditor.get("/v1/audit", params=asked)).json()
    assert {one["action"] for one in answer["entries"]} == actions
    assert answer["total"] == len(actions)


async def test_a_decision_is_found_by_what_it_was_about(
    service: Service, auditor: httpx.AsyncClient, portfolio: str
) -> None:
    recommendation = await decided(service, portfolio)
    await decided(service, portfolio)
    [found] = await entries(auditor, subject=f"recommendation/{recommendation}")
    assert found["action"] == "recommendation.accepted"


async def test_a_filter_that_means_nothing_is_refused(auditor: httpx.AsyncClient) -> None:
    answer = await auditor.get("/v1/audit", params={"from": "soon", "to": "2026-13-01", "action": ""})
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"from", "to", "action"}


async def test_another_tenant_sees_nothing_and_a_credential_without_admin_is_refused(
    service: Service, client_of: Any, portfolio: str
) -> None:
    await noted(service, "key.created")
    await decided(service, portfolio)
    assert await entries(client_of("other", frozenset({ADMIN}))) == []
    assert (await client_of("acme", DEFAULT_SCOPES).get("/v1/audit")).status_code == 403


async def test_exports_are_noted_before_they_are_sent_and_ordinary_answers_are_not(
    api: httpx.AsyncClient, auditor: httpx.AsyncClient, portfolio: str
) -> None:
    await api.get(f"{portfolio}/positions")
    assert await entries(auditor) == []
    await api.get(f"{portfolio}/positions", params={"format": "csv"})
    await api.get(f"{portfolio}/positions", params={"format": "xlsx"})
    await api.get(f"{portfolio}/events", headers={"Accept": "application/x-ndjson"})
    await api.get(f"{portfolio}/report")
    found = await entries(auditor)
    assert [(one["action"], one["subject"], one["detail"]["format"]) for one in reversed(found)] == [
        ("export.made", f"{portfolio}/positions", "csv"),
        ("export.made", f"{portfolio}/positions", "xlsx"),
        ("export.made", f"{portfolio}/events", "jsonl"),
        ("export.made", f"{portfolio}/report", "html"),
    ]


async def test_an_export_that_is_refused_is_not_noted(
    api: httpx.AsyncClient, auditor: httpx.AsyncClient
) -> None:
    answer = await api.get(f"/v1/portfolios/{uuid4()}/positions", params={"format": "csv"})
    assert answer.status_code == 404
    assert await entries(auditor) == []


async def test_an_export_that_cannot_be_noted_is_not_made(
    service: Service, api: httpx.AsyncClient, portfolio: str
) -> None:
    with psycopg.connect(service.database_url) as owner:
        owner.execute("revoke execute on function identity.note_audit from trimtab_api")
    answer = await api.get(f"{portfolio}/positions", params={"format": "csv"})
    assert answer.status_code >= 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_trail_is_a_table_too(service: Service, auditor: httpx.AsyncClient) -> None:
    await noted(service, "key.created", subject="=1+1")
    answer = await auditor.get("/v1/audit", params={"format": "csv"})
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert (row["action"], row["subject"], row["detail"]) == ("key.created", "'=1+1", '{"n":1}')


def test_nobody_changes_the_trail(service: Service) -> None:
    with psycopg.connect(service.database_url, autocommit=True) as owner:
        owner.execute("select identity.note_audit('acme', 'ann', 'key.created', null, '203.0.113.7')")
        for statement in (
            "update identity.audit set actor = 'mallory'",
            "update identity.audit set actor = 'mallory', address = null",
            "update identity.audit set address = '203.0.113.8'",
            "delete from identity.audit",
            "truncate identity.audit",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute(statement)
        owner.execute("update identity.audit set address = null")
    with psycopg.connect(as_api(service.database_url), autocommit=True) as role:
        role.execute("select set_config('trimtab.tenant', 'acme', false)")
        for statement in (
            "update identity.audit set address = null",
            "delete from identity.audit",
            "insert into identity.audit (tenant_id, actor, action) values ('acme', 'ann', 'key.created')",
            "delete from events.event",
            "insert into events.checkpoint select from events.checkpoint",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute(statement)


async def test_both_sources_are_read_by_their_indexes(service: Service) -> None:
    from infrastructure.postgres.views.audit import PAGE

    now = datetime.now(UTC)
    params = {"tenant": "acme", "action": None, "actor": None, "subject": None, "limit": 50, "offset": 0}
    with psycopg.connect(service.database_url) as owner:
        owner.execute("set local enable_seqscan = off")
        plan = owner.execute(
            "explain " + PAGE, {**params, "start": now - timedelta(days=30), "end": now}
        ).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "event_decision" in text
    assert "audit_by_time" in text
    assert "Seq Scan" not in text
