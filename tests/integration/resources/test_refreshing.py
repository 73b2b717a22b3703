"""`?refresh=true`: whoever asks waits for figures that have seen the question."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import psycopg
from tests.support.callers import a_caller
from tests.support.service import Service

from domain.analysis import FactorStudy, Found
from domain.unavailable import Missing

WHY = Missing(code="no_history", detail="No price of the past is known.")


async def answered(service: Service, portfolio_id: UUID) -> int:
    """Answer the next request as an agent would, and return its position."""
    while not (position := await asyncio.to_thread(_requested, service.database_url)):
        await asyncio.sleep(0.01)
    async with service.ledger.unit(a_caller()) as unit:
        found = Found(source_position=position, market_version=0, snapshot=None, refusal=WHY)
        (await unit.study(FactorStudy, portfolio_id)).compute(found, at=unit.now)
        await unit.commit(None)
    return position


def _requested(database_url: str) -> int:
    query = "select max(position) from events.event where topic = 'analysis.requested'"
    with psycopg.connect(database_url) as connection:
        found = connection.execute(query).fetchone()
    return int(found[0] or 0) if found else 0


async def test_a_refresh_is_answered_when_an_agent_has_answered_it(
    api: httpx.AsyncClient, service: Service, portfolio: str, holding: dict[str, Any]
) -> None:
    agent = asyncio.create_task(answered(service, UUID(portfolio.rsplit("/", 1)[-1])))
    answer = await api.get(f"{portfolio}/factors?refresh=true")
    assert answer.status_code == 422, answer.text  # the refusal is an answer, too
    assert await agent > 0


async def test_a_refresh_that_nobody_answers_says_when_to_come_back(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    answer = await api.get(f"{portfolio}/risk?refresh=true", headers={"Prefer": "wait=0"})
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"] == "1"


async def test_nobody_refreshes_what_is_not_theirs_or_archived(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, portfolio: str
) -> None:
    assert (await stranger.get(f"{portfolio}/risk?refresh=true")).status_code == 404
    assert (await api.delete(portfolio)).status_code == 204
    assert (await api.get(f"{portfolio}/risk?refresh=true")).status_code == 409
