"""One of everything that a tenant can have, made over HTTP by its owner, each thing with a mark in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
from tests.support.accounts import PASSWORD, SignedIn, log_in, register
from tests.support.service import Service

from application.caller import DEFAULT_SCOPES, Caller
from domain.rebalancing import Recommendation

Body = dict[str, Any]
PRICE = {"ZQXA": "7319.1357", "ZQXB": "8642.2468"}
"""What the private instrument of each mark costs: a figure that appears nowhere else."""


@dataclass(frozen=True, kw_only=True)
class Belongings:
    """A tenant's things: `ids` by the names of path parameters, below the longest path that is in `of_paths`."""

    mark: str
    owner: SignedIn
    ids: Mapping[str, str]
    of_paths: Mapping[str, Mapping[str, str]]
    secrets: frozenset[str]

    def ids_for(self, path: str) -> Mapping[str, str]:
        """Return the ids that fit the parameters of a path."""
        for begin, ids in self.of_paths.items():
            if path.startswith(begin):
                return {**self.ids, **ids}
        return self.ids


async def everything_of(client: httpx.AsyncClient, service: Service, mark: str) -> Belongings:
    """Make an account, its tenant, and one of everything in it; `client` sends no credential of its own."""
    email = f"{mark}.owner@example.com".lower()
    person = await register(client, email, first_name=f"{mark} First", last_name=f"{mark} Last")
    owner = await log_in(client, email)
    made = _Making(client, owner)
    asked = {"name": f"{mark} Growth", "portfolio_type": "long_only", "initial_cash": 25000}
    portfolio = await made.post("/v1/portfolios", **asked)
    inside = f"/v1/portfolios/{portfolio['portfolio_id']}"
    position = await made.post(f"{inside}/positions", symbol=f"{mark}P", quantity=7, price=PRICE[mark])
    target = {"allocation_type": "sector", "bucket": f"{mark} sector", "target_weight": 0.5}
    allocation = await made.post(f"{inside}/allocations", **target)
    imported = await made.send(f"{inside}/positions/import", f"{mark}.csv", f"ticker,quantity\n{mark}I,3\n")
    prices = f"date,ticker,currency,close\n2024-01-02,{mark},USD,{PRICE[mark]}\n"
    market = await made.send("/v1/market/prices/import", f"{mark}-prices.csv", prices)
    constituents = {"date": "2024-01-02", "constituents": [{"ticker": mark, "weight": 1}]}
    await made.ask("PUT", f"/v1/market/benchmarks/{mark}/constituents", json=constituents)
    key = await made.post("/v1/api-keys", name=f"{mark} key")
    hook = await made.post(
        "/v1/webhooks", url=f"https://hooks.example.com/{mark}", events=["recommendation.made"]
    )
    delivery = await made.post(f"/v1/webhooks/{hook['id']}/test")
    optimized = {"assets": [f"{mark}O", f"{mark}Q"], "returns": [[0.01, 0.02], [0.0, 0.01], [0.02, -0.01]]}
    optimization = await made.post("/v1/optimizations", methods=["EquiWeighted"], **optimized)
    await made.end(f"/v1/optimizations/{optimization['id']}")  # nobody computes here; events end with the job
    tenant = f"/v1/tenants/{owner.tenant}"
    await made.ask("PATCH", tenant, json={"name": f"{mark} Office"})
    invited = {"email": f"{mark}.friend@example.com".lower(), "role": "viewer"}
    invitation = await made.post(f"{tenant}/invitations", **invited)
    member = await made.member(f"{tenant}/invitations", mark)
    (session,) = (await made.ask("GET", "/v1/auth/sessions"))["sessions"]
    recommendation = await _recommended(service, owner, UUID(portfolio["portfolio_id"]), mark)
    ids = {
        "portfolio_id": portfolio["portfolio_id"],
        "position_id": position["id"],
        "allocation_id": allocation["id"],
        "import_id": imported["import_id"],
        "recommendation_id": str(recommendation),
        "key_id": key["id"],
        "optimization_id": optimization["id"],
        "webhook_id": hook["id"],
        "delivery_id": delivery["id"],
        "tenant_id": owner.tenant,
        "person_id": member["person_id"],
        "invitation_id": invitation["id"],
        "session_id": session["id"],
        "symbol": mark,
        "ticker": mark,
    }
    hidden = {
        person["id"],
        key["key"],
        hook["secret"],
        invitation["token"],
        owner.access_token,
        owner.refresh_token,
    }
    return Belongings(
        mark=mark,
        owner=owner,
        ids=ids,
        of_paths={"/v1/market/": {"import_id": market["import_id"]}},
        secrets=frozenset({*ids.values(), market["import_id"], *hidden, mark, mark.lower(), PRICE[mark]}),
    )


class _Making:
    """Requests of the owner that have to succeed."""

    def __init__(self, client: httpx.AsyncClient, owner: SignedIn) -> None:
        self._client, self._owner = client, owner

    async def ask(self, method: str, path: str, **sent: Any) -> Body:
        answer = await self._client.request(method, path, headers=self._owner.headers, **sent)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    async def end(self, path: str) -> None:
        answer = await self._client.delete(path, headers=self._owner.headers)
        assert answer.status_code == 204, answer.text

    async def post(self, path: str, **body: Any) -> Body:
        return await self.ask("POST", path, **({"json": body} if body else {}))

    async def send(self, path: str, name: str, text: str) -> Body:
        return await self.ask("POST", path, files={"file": (name, text.encode(), "text/csv")})

    async def member(self, invitations: str, mark: str) -> Body:
        invited = await self.post(invitations, email=f"{mark}.member@example.com".lower(), role="viewer")
        who = {"password": PASSWORD, "first_name": f"{mark} Second", "last_name": mark}
        answer = await self._client.post("/v1/invitations/accept", json={"token": invited["token"], **who})
        assert answer.is_success, answer.text
        return dict(answer.json())


async def _recommended(service: Service, owner: SignedIn, portfolio: UUID, mark: str) -> UUID:
    """Record a recommendation as the agent does."""
    agent = Caller(
        tenant=owner.tenant,
        actor="agent:RebalanceAgent",
        scopes=DEFAULT_SCOPES,
        correlation_id="test",
        causation_id=None,
        traceparent=None,
    )
    made = Recommendation(
        id=uuid4(),
        portfolio_id=portfolio,
        currency="USD",
        total_value=Decimal("42584"),
        reasons=[{"explanation": f"{mark} is above its band.", "bucket": mark}],
        trades=[],
        turnover_one_way=Decimal("0.08"),
        turnover_two_way=Decimal("0.16"),
        residual_cash=Decimal("32117.96"),
        before=[],
        after=[],
        binding_constraints=[],
        conflicts=[],
        excluded=[],
        solver="linear",
        policy={"to": "target"},
        policy_version=1,
        forced=False,
        state_hash="state",
        source_position=1,
        prices_as_of="2026-03-25",
        expires_at=datetime.now(UTC) + timedelta(days=7),
    )
    async with service.ledger.unit(agent) as unit:
        rebalancing = await unit.rebalancing(portfolio)
        rebalancing.recommend(made, at=unit.now)
        done = await unit.commit(made.id)
    await service.shows(done.position)
    return made.id
