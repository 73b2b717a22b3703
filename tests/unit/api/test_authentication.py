from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_network
from uuid import UUID

import pytest

from api.authentication import Authenticator
from api.exchange import Exchange
from api.problems import Problem
from application.caller import Caller
from application.credentials import ApiKey, CredentialRefused, Grant

NOW = datetime(2026, 3, 26, 8, tzinfo=UTC)
KEY = "tt_live_abc"
KEY_ID = UUID(int=7)


class Known:
    """Tokens and keys of a test; a token reads `tenant:scope,scope`."""

    def __init__(self, **key: object) -> None:
        record = {"tenant": "acme", "scopes": frozenset({"portfolios:read", "admin"}), **key}
        self.noted: list[str | None] = []
        self.key = ApiKey(**{"id": KEY_ID, "name": "k", "expires_at": None, "revoked_at": None, **record})  # type: ignore[arg-type]

    async def find_key(self, key_hash: bytes, address: str | None = None) -> ApiKey | None:
        return self.key if key_hash == sha256(KEY.encode()).digest() else None

    async def note_refused(self, key: ApiKey, address: str | None) -> None:
        self.noted.append(address)

    def verify(self, token: str) -> Grant:
        tenant, _, scopes = token.partition(":")
        if not scopes:
            raise CredentialRefused("it is not a token")
        return Grant(tenant=tenant, actor="ann", scopes=frozenset(scopes.split(",")))


async def caller_of(known: Known | None = None, /, *, peer: str | None = None, **headers: str) -> Caller:
    sent = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    known = known or Known()
    exchange = Exchange(sent, peer=peer, https=False)
    return await Authenticator(known, known, clock=lambda: NOW).caller(exchange)


async def refusal_of(known: Known | None = None, /, **headers: str) -> str:
    with pytest.raises(Problem) as refusal:
        await caller_of(known, **headers)
    assert refusal.value.status == 401
    assert refusal.value.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer tt_live_<your-key>" in refusal.value.detail
    return refusal.value.detail


@pytest.mark.parametrize("sent", ["Bearer acme:write", "bearer   acme:write", "acme:write"])
async def test_a_token_is_taken_with_and_without_its_scheme(sent: str) -> None:
    caller = await caller_of(authorization=sent)
    assert (caller.tenant, caller.actor, caller.scopes) == ("acme", "ann", frozenset({"write"}))


@pytest.mark.parametrize(
    "headers", [{"authorization": f"Bearer {KEY}"}, {"x_api_key": KEY}, {"authorization": KEY}]
)
async def test_a_key_is_taken_from_either_header(headers: dict[str, str]) -> None:
    caller = await caller_of(**headers)
    assert (caller.tenant, caller.actor) == ("acme", f"key:{KEY_ID}")
    assert caller.may("admin")


async def test_of_a_key_and_a_token_together_the_narrower_rights_apply() -> None:
    caller = await caller_of(authorization="Bearer acme:portfolios:read,other", x_api_key=KEY)
    assert caller.scopes == {"portfolios:read"}
    assert caller.actor == "ann"


async def test_nobody_is_the_owner_of_what_all_tenants_share() -> None:
    assert "called `*`" in await refusal_of(authorization="Bearer *:portfolios:read")
    assert "called `*`" in await refusal_of(Known(tenant="*"), x_api_key=KEY)


async def test_a_key_and_a_token_of_different_tenants_are_refused() -> None:
    assert "different tenants" in await refusal_of(authorization="Bearer globex:portfolios", x_api_key=KEY)


async def test_no_credential_is_refused() -> None:
    await refusal_of()


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer nonsense"},
        {"authorization": "Bearer"},
        {"authorization": ""},
        {"authorization": "Basic YTpi"},
        {"authorization": "Bearer tt_live_unknown"},
        {"x_api_key": "tt_live_unknown"},
        {"x_api_key": "acme:portfolios"},
        {"authorization": "Bearer acme:a", "x_api_key": "tt_live_unknown"},
    ],
)
async def test_what_is_no_credential_of_ours_is_refused(headers: dict[str, str]) -> None:
    await refusal_of(**headers)


async def test_a_revoked_key_is_refused() -> None:
    assert "revoked" in await refusal_of(Known(revoked_at=NOW), x_api_key=KEY)


async def test_a_key_ends_at_the_moment_it_expires() -> None:
    assert "expired" in await refusal_of(Known(expires_at=NOW), x_api_key=KEY)
    assert await caller_of(Known(expires_at=NOW + timedelta(microseconds=1)), x_api_key=KEY)


OFFICE = (ip_network("10.1.0.0/16"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize("peer", ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1"])
async def test_a_key_with_allowed_addresses_opens_from_there(peer: str) -> None:
    known = Known(allowed_addresses=OFFICE)
    assert (await caller_of(known, peer=peer, x_api_key=KEY)).tenant == "acme"
    assert known.noted == []


@pytest.mark.parametrize("peer", ["10.2.0.1", "2001:db9::1", "not an address", None])
async def test_a_key_at_another_address_is_refused_and_noted(peer: str | None) -> None:
    known = Known(allowed_addresses=OFFICE)
    with pytest.raises(Problem) as refusal:
        await caller_of(known, peer=peer, x_api_key=KEY)
    assert (refusal.value.status, refusal.value.code) == (403, "forbidden")
    assert known.noted == [peer]


async def test_the_limit_of_a_key_goes_with_the_caller_and_the_lower_one_wins() -> None:
    assert (await caller_of(x_api_key=KEY)).requests_per_minute is None
    limited = Known(requests_per_minute=30)
    caller = await caller_of(limited, authorization="acme:portfolios:read", x_api_key=KEY)
    assert (caller.requests_per_minute, caller.key) == (30, KEY_ID)


async def test_a_token_may_be_verified_later() -> None:
    class Later(Known):
        def verify(self, token: str) -> Awaitable[Grant]:  # type: ignore[override]
            async def fetched() -> Grant:
                return Known.verify(self, token)

            return fetched()

    assert (await caller_of(Later(), authorization="Bearer acme:read")).tenant == "acme"
    await refusal_of(Later(), authorization="Bearer nonsense")


async def test_the_ids_of_the_request_go_into_the_envelope() -> None:
    caller = await caller_of(authorization="acme:a", x_request_id="r1", x_correlation_id="c1")
    assert (caller.causation_id, caller.correlation_id) == ("r1", "c1")
    assert caller.traceparent is not None
