import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.support.service import Service

from application.caller import DEFAULT_SCOPES, Caller
from domain.rebalancing import Recommendation, RecommendedTrade
from projections.published.content import RecommendationContent

Body = dict[str, Any]
Recommend = Callable[..., Awaitable[str]]
AGENT = Caller(
    tenant="acme",
    actor="agent:RebalanceAgent",
    scopes=DEFAULT_SCOPES,
    correlation_id="test",
    causation_id=None,
    traceparent=None,
)


def a_recommendation(portfolio_id: UUID, **said: Any) -> Recommendation:
    weight = {
        "allocation_type": "sector",
        "bucket": "technology",
        "actual_weight": Decimal("0.41"),
        "target_weight": Decimal("0.25"),
        "drift": Decimal("0.16"),
        "status": "above",
    }
    trade = RecommendedTrade(
        ticker="AAPL",
        instrument_id=uuid4(),
        position_id=None,
        account="",
        side="sell",
        quantity=Decimal("40.5"),
        estimated_price=Decimal("175.84"),
        value=Decimal("7121.52"),
        cost=Decimal("3.56"),
    )
    return Recommendation(
        id=said.pop("id", uuid4()),
        portfolio_id=portfolio_id,
        currency="USD",
        total_value=Decimal("42584"),
        reasons=[{"explanation": "sector technology is above its band.", "bucket": "technology"}],
        trades=[trade],
        turnover_one_way=Decimal("0.08"),
        turnover_two_way=Decimal("0.16"),
        residual_cash=Decimal("32117.96"),
        before=[weight],
        after=[{**weight, "actual_weight": Decimal("0.25"), "drift": Decimal(0), "status": "inside"}],
        binding_constraints=[],
        conflicts=said.pop("conflicts", []),
        excluded=[],
        solver="linear",
        policy={"to": "target"},
        policy_version=said.pop("policy_version", 1),
        forced=False,
        state_hash="state",
        source_position=said.pop("source_position", 1),
        prices_as_of="2026-03-25",
        expires_at=said.pop("expires_at", datetime.now(UTC) + timedelta(days=7)),
    )


@pytest.fixture
def recommend(service: Service, portfolio: str) -> Recommend:
    """Records a recommendation for the portfolio as the agent does, and returns its address."""
    portfolio_id = UUID(portfolio.rsplit("/", 1)[1])

    async def record(**said: Any) -> str:
        made = a_recommendation(portfolio_id, **said)
        async with service.ledger.unit(AGENT) as unit:
            rebalancing = await unit.rebalancing(portfolio_id)
            rebalancing.recommend(made, at=unit.now)
            done = await unit.commit(made.id)
        await service.shows(done.position)
        return f"/v1/recommendations/{made.id}"

    return record


async def test_a_recommendation_is_told_in_full(api: httpx.AsyncClient, recommend: Recommend) -> None:
    body = (await api.get(await recommend())).json()
    assert (body["status"], body["id"]) == ("open", body["recommendation_id"])
    (trade,) = body["trades"]
    assert (trade["ticker"], trade["side"], trade["quantity"]) == ("AAPL", "sell", 40.5)
    assert (trade["estimated_price"], trade["value"], trade["cost"]) == (175.84, 7121.52, 3.56)
    assert body["before"][0]["actual_weight"] == 0.41
    assert (body["turnover_one_way"], body["turnover_two_way"], body["residual_cash"]) == (
        0.08,
        0.16,
        32117.96,
    )
    assert (body["decided_at"], body["superseded_by"], body["policy"]["to"]) == (None, None, "target")


async def test_it_has_all_that_the_stream_entry_has(api: httpx.AsyncClient, recommend: Recommend) -> None:
    body = (await api.get(await recommend())).json()
    assert set(RecommendationContent.__struct_fields__) <= body.keys()


async def test_the_inbox_shows_the_newest_first_and_filters_by_status(
    api: httpx.AsyncClient, portfolio: str, recommend: Recommend
) -> None:
    first, second = await recommend(), await recommend(source_position=2)
    for address in ("/v1/recommendations", f"{portfolio}/recommendations"):
        page = (await api.get(address)).json()
        assert [f"/v1/recommendations/{row['id']}" for row in page["recommendations"]] == [second, first]
        assert (page["total"], page["limit"], page["offset"]) == (2, 50, 0)
        assert (await api.get(f"{address}?status=superseded")).json()["total"] == 1
        assert (await api.get(f"{address}?status=pending")).status_code == 422
    old = (await api.get(first)).json()
    assert (old["status"], second.endswith(old["superseded_by"])) == ("superseded", True)


async def test_accepting_answers_the_recommendation_as_it_is_now(
    api: httpx.AsyncClient, recommend: Recommend
) -> None:
    address = await recommend()
    answer = await api.post(f"{address}/accept", json={"note": "placed"})
    body, later = answer.json(), (await api.get(address)).json()
    assert (answer.status_code, body["status"], body["decided_by"]) == (200, "accepted", "acme")
    assert {**body, "decided_at": None} == {**later, "decided_at": None}
    assert later["decision_note"] == "placed"
    again = await api.post(f"{address}/accept")
    assert (again.status_code, again.json()["error"]) == (409, "conflict")


async def test_accepting_needs_no_body(api: httpx.AsyncClient, recommend: Recommend) -> None:
    assert (await api.post(f"{await recommend()}/accept")).status_code == 200


async def test_declining_needs_a_reason(api: httpx.AsyncClient, recommend: Recommend) -> None:
    address = await recommend()
    assert (await api.post(f"{address}/decline", json={})).json()["details"]["field"] == "reason"
    answer = await api.post(f"{address}/decline", json={"reason": "earnings are due"})
    assert (answer.status_code, answer.json()["status"]) == (200, "declined")
    assert (await api.get(address)).json()["decision_note"] == "earnings are due"


async def test_an_expired_recommendation_cannot_be_accepted(
    api: httpx.AsyncClient, recommend: Recommend
) -> None:
    address = await recommend(expires_at=datetime(2024, 1, 1, tzinfo=UTC))
    assert (await api.get(address)).json()["status"] == "expired"
    assert (await api.post(f"{address}/accept")).status_code == 409


async def test_deciding_takes_a_right_of_its_own(client_of: Any, recommend: Recommend) -> None:
    address = await recommend()
    writer = client_of("acme", DEFAULT_SCOPES - {"rebalance:decide"})
    assert (await writer.get(address)).status_code == 200
    assert (await writer.post(f"{address}/accept")).status_code == 403
    assert (await writer.post(f"{address}/decline", json={"reason": "no"})).status_code == 403


async def test_a_key_decides_once(api: httpx.AsyncClient, recommend: Recommend) -> None:
    address, key = await recommend(), {"Idempotency-Key": "decide-1"}
    first = await api.post(f"{address}/accept", headers=key)
    again = await api.post(f"{address}/accept", headers=key)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_rebalance_is_asked_for_in_the_words_of_the_contract(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    for request in ({}, {"json": {"force": False}}, {"json": {"to": "edge", "whole_shares": True}}):
        answer = await api.post(f"{portfolio}/rebalance", **request)
        assert answer.status_code == 202
        assert answer.json() == {
            "portfolio_id": portfolio.rsplit("/", 1)[1],
            "status": "rebalance_agent_triggered",
            "stream": "pm:rebalance:recommended",
        }
        assert int(answer.headers["trimtab-position"]) > 0


async def test_the_options_of_a_request_reach_the_agent(api: httpx.AsyncClient, portfolio: str) -> None:
    options = {"to": "edge", "min_trade_value": "250.50", "do_not_trade": ["AAPL"]}
    await api.post(f"{portfolio}/rebalance", json={"force": True, **options})
    page = await api.get(f"{portfolio}/events?type=pm.portfolio.rebalance-requested.v1")
    (event,) = page.json()["events"]
    assert event["data"]["force"] is True
    assert event["data"]["options"] == {**options, "min_trade_value": 250.5}


@pytest.mark.parametrize(
    "body",
    [{"force": "yes"}, {"cash_buffer": 1}, {"min_trade_value": -1}, {"speed": "fast"}, {"to": "moon"}, []],
)
async def test_an_option_that_is_none_is_refused(api: httpx.AsyncClient, portfolio: str, body: Any) -> None:
    assert (await api.post(f"{portfolio}/rebalance", json=body)).status_code == 422


async def test_who_waits_is_told_the_recommendation(
    api: httpx.AsyncClient, portfolio: str, recommend: Recommend
) -> None:
    address = await recommend(source_position=10**9)
    waited = await api.post(f"{portfolio}/rebalance", headers={"Prefer": "wait=5"})
    assert address.endswith(waited.json()["recommendation_id"])
    assert waited.headers["preference-applied"] == "wait=5"


async def test_who_waits_in_vain_is_answered_all_the_same(api: httpx.AsyncClient, portfolio: str) -> None:
    answer = await api.post(f"{portfolio}/rebalance", headers={"Prefer": "wait=0"})
    assert (answer.status_code, "recommendation_id" in answer.json()) == (202, False)


async def test_an_archived_portfolio_is_not_rebalanced(api: httpx.AsyncClient, portfolio: str) -> None:
    await api.delete(portfolio)
    assert (await api.post(f"{portfolio}/rebalance")).status_code == 409


async def test_drift_tells_the_conflicts_that_the_agent_found(
    api: httpx.AsyncClient, portfolio: str, holding: Body, recommend: Recommend
) -> None:
    target = {"allocation_type": "sector", "bucket": "technology", "target_weight": 0.9}
    await api.post(f"{portfolio}/allocations", json=target)
    version = (await api.get(portfolio)).json()["portfolio"]["policy_version"]
    conflict = {
        "allocations": ["sector technology", "cash buffer"],
        "allocation_ids": [],
        "explanation": "They cannot all hold.",
        "least_relaxation": {"sector technology": "0.1"},
    }
    await recommend(conflicts=[conflict], policy_version=version)
    assert (await api.get(f"{portfolio}/drift")).json()["conflicts"] == [
        {
            "allocations": ["sector technology", "cash buffer"],
            "explanation": "They cannot all hold.",
            "least_relaxation": {"sector technology": 0.1},
        }
    ]
    await api.post(f"{portfolio}/allocations", json={**target, "target_weight": 0.8})
    assert (await api.get(f"{portfolio}/drift")).json()["conflicts"] is None


async def test_a_reader_who_prefers_to_wait_gets_the_recommendation_when_it_is_made(
    api: httpx.AsyncClient, portfolio: str, recommend: Recommend
) -> None:
    inbox = f"{portfolio}/recommendations"
    assert (await api.get(inbox)).json()["total"] == 0
    waiting = asyncio.create_task(api.get(inbox, headers={"Prefer": "wait=10"}))
    await recommend()
    answer = await waiting
    assert answer.json()["total"] == 1
    assert answer.headers["Preference-Applied"] == "wait=10"
