"""Signing in, staying signed in and signing out."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import psycopg
import pytest
from tests.support.accounts import PASSWORD, SignedIn, cookie_of, log_in, register, signed_in
from tests.support.service import Service
from tests.support.waiting import eventually

from application.caller import SCOPES
from application.identity.roles import ROLE_SCOPES
from bootstrap.identity import Identity, identity
from bootstrap.settings import Settings

WRONG = "nine loud herons at dusk"


@pytest.fixture
async def nobody(client_of: Any) -> httpx.AsyncClient:
    """A client without a credential, at a service that Ann has an account with."""
    client: httpx.AsyncClient = client_of("nobody", None)
    await register(client)
    return client


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/v1/auth/refresh", json={"refresh_token": token})


async def status_of(client: httpx.AsyncClient, who: SignedIn) -> int:
    return (await client.get("/v1/portfolios", headers=who.headers)).status_code


def audited(service: Service) -> list[str]:
    with psycopg.connect(service.database_url) as connection:
        return [
            row[0] for row in connection.execute("select action from identity.audit order by id").fetchall()
        ]


async def test_signing_in_gives_an_access_token_and_a_cookie(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.post("/v1/auth/login", json={"email": "ann@example.com", "password": PASSWORD})
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "tenant_id"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert answer.headers["cache-control"] == "no-store"
    cookie = cookie_of(answer)
    assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == ("/v1/auth", "Strict", str(30 * 86_400))
    assert cookie["httponly"]
    assert cookie["secure"]
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["tenant_id"] == body["tenant_id"]
    assert frozenset(claims["scope"].split()) == ROLE_SCOPES["owner"] == SCOPES
    assert "ann" not in str(claims).lower()


async def test_the_key_set_verifies_an_access_token(nobody: httpx.AsyncClient) -> None:
    token = (await log_in(nobody)).access_token
    answer = await nobody.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    keys = {key["kid"]: key for key in answer.json()["keys"]}
    key = jwt.PyJWK.from_dict(keys[jwt.get_unverified_header(token)["kid"]])
    assert jwt.decode(token, key.key, algorithms=["ES256"])["iss"] == "trimtab"
    assert "d" not in key._jwk_data


@pytest.mark.parametrize(
    ("email", "password"), [("ann@example.com", WRONG), ("nobody@example.com", PASSWORD), ("", "a")]
)
async def test_a_wrong_password_and_an_unknown_address_read_alike(
    nobody: httpx.AsyncClient, email: str, password: str
) -> None:
    answer = await nobody.post("/v1/auth/login", json={"email": email or "x@y", "password": password})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["detail"] == "The e-mail address or the password is wrong."
    assert "set-cookie" not in answer.headers


async def test_a_session_goes_on_with_the_next_refresh_token(nobody: httpx.AsyncClient) -> None:
    first = await log_in(nobody)
    answer = await refresh(nobody, first.refresh_token)
    second = signed_in(answer)
    assert second.refresh_token != first.refresh_token
    assert second.tenant == first.tenant
    assert cookie_of(answer).value == second.refresh_token
    assert [await status_of(nobody, who) for who in (first, second)] == [200, 200]
    signed_in(await refresh(nobody, second.refresh_token))


async def test_a_browser_refreshes_by_its_cookie(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.post("/v1/auth/login", json={"email": "ann@example.com", "password": PASSWORD})
    cookie = {"Cookie": f"other=1; trimtab_refresh={cookie_of(answer).value}"}
    answer = await nobody.post("/v1/auth/refresh", headers=cookie)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    cookie = {"Cookie": f"trimtab_refresh={cookie_of(answer).value}"}
    wanted = {"include_refresh_token": True}
    answer = await nobody.post("/v1/auth/refresh", headers=cookie, json=wanted)
    assert answer.json()["refresh_token"] == cookie_of(answer).value


async def test_a_used_refresh_token_ends_its_session(nobody: httpx.AsyncClient, service: Service) -> None:
    first, bystander = await log_in(nobody), await log_in(nobody)
    second = signed_in(await refresh(nobody, first.refresh_token))
    third = signed_in(await refresh(nobody, second.refresh_token))
    answer = await refresh(nobody, first.refresh_token)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (await refresh(nobody, third.refresh_token)).status_code == 401
    assert [await status_of(nobody, who) for who in (first, second, third)] == [401, 401, 401]
    assert await status_of(nobody, bystander) == 200
    assert audited(service).count("auth.refresh_reused") == 1


async def test_of_refreshes_at_the_same_time_exactly_one_wins(nobody: httpx.AsyncClient) -> None:
    token = (await log_in(nobody)).refresh_token
    answers = await asyncio.gather(*(refresh(nobody, token) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401, 401]


async def test_a_session_that_is_thrown_away_while_it_is_refreshed_is_in_nobodys_way(
    service: Service, nobody: httpx.AsyncClient
) -> None:
    ann = await log_in(nobody)
    waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    url = service.database_url
    with psycopg.connect(url, autocommit=True) as watching, psycopg.connect(url) as elsewhere:
        elsewhere.execute("select from identity.session for update")
        refreshing = asyncio.create_task(refresh(nobody, ann.refresh_token))
        await asyncio.to_thread(eventually, lambda: watching.execute(waiting).fetchone() is not None)
        await asyncio.to_thread(elsewhere.execute, "delete from identity.session")
        elsewhere.commit()
    assert (await refreshing).status_code == 401


async def test_a_session_that_ended_elsewhere_makes_no_key_while_it_is_still_remembered(
    service: Service, nobody: httpx.AsyncClient
) -> None:
    ann = await log_in(nobody)
    assert await status_of(nobody, ann) == 200
    with psycopg.connect(service.database_url) as elsewhere:
        elsewhere.execute("update identity.session set ended_at = now(), end_reason = 'signed_out'")
    assert await status_of(nobody, ann) == 200
    made = await nobody.post("/v1/api-keys", headers=ann.headers, json={"name": "to stay"})
    assert made.status_code == 403
    assert made.json()["error"] == "forbidden"


async def test_whoever_is_second_at_the_same_time_ends_nothing(service: Service) -> None:
    with psycopg.connect(service.database_url, autocommit=True) as connection:
        person = session = "00000000-0000-4000-8000-000000000001"
        connection.execute(
            "select identity.register(%s, 'a@b', 'a@b', 'A', 'B', 'h', 't', 'T', null)", (person,)
        )
        connection.execute(
            "select identity.start_session(%s, %s, null, 'one', '1d', null, null, null)", (session, person)
        )
        rotate = "select outcome from identity.rotate_token(%s, %s, '1d', %s, null)"
        outcomes = [
            connection.execute(rotate, values).fetchone()
            for values in (
                (b"one", b"two", "0 s"),
                (b"one", b"three", "1 min"),
                (b"two", b"three", "0 s"),
                (b"one", b"four", "0 s"),
                (b"three", b"four", "0 s"),
            )
        ]
    assert outcomes == [("rotated",), ("late",), ("rotated",), ("reused",), ("ended",)]


@pytest.mark.parametrize("sent", [None, {}, {"refresh_token": "tt_refresh_made_up"}, {"refresh_token": None}])
async def test_a_refresh_without_a_token_that_counts_is_refused(
    nobody: httpx.AsyncClient, sent: dict[str, Any] | None
) -> None:
    answer = (
        await nobody.post("/v1/auth/refresh", json=sent)
        if sent is not None
        else await nobody.post("/v1/auth/refresh")
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_refused_cookie_is_taken_away(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.post("/v1/auth/refresh", headers={"Cookie": "trimtab_refresh=made_up"})
    assert (answer.status_code, cookie_of(answer).value, cookie_of(answer)["max-age"]) == (401, "", "0")


async def test_an_access_token_is_no_refresh_token_and_the_other_way_round(nobody: httpx.AsyncClient) -> None:
    who = await log_in(nobody)
    assert (await refresh(nobody, who.access_token)).status_code == 422  # longer than any refresh token
    headers = {"Authorization": f"Bearer {who.refresh_token}"}
    assert (await nobody.get("/v1/auth/me", headers=headers)).status_code == 401


class TestSigningOut:
    async def test_with_the_access_token(self, nobody: httpx.AsyncClient, service: Service) -> None:
        who, other = await log_in(nobody), await log_in(nobody)
        answer = await nobody.post("/v1/auth/logout", headers=who.headers)
        assert (answer.status_code, cookie_of(answer)["max-age"]) == (204, "0")
        assert await status_of(nobody, who) == 401
        assert (await refresh(nobody, who.refresh_token)).status_code == 401
        assert await status_of(nobody, other) == 200
        assert audited(service)[-1] == "auth.signed_out"

    async def test_with_the_refresh_token_in_the_body(self, nobody: httpx.AsyncClient) -> None:
        who = await log_in(nobody)
        sent = {"refresh_token": who.refresh_token}
        assert (await nobody.post("/v1/auth/logout", json=sent)).status_code == 204
        assert await status_of(nobody, who) == 401
        assert (await nobody.post("/v1/auth/logout", json=sent)).status_code == 204

    async def test_with_the_cookie_beside_an_access_token_that_counts_no_more(
        self, nobody: httpx.AsyncClient
    ) -> None:
        ended, who = await log_in(nobody), await log_in(nobody)
        await nobody.post("/v1/auth/logout", headers=ended.headers)
        headers = {**ended.headers, "Cookie": f"trimtab_refresh={who.refresh_token}"}
        assert (await nobody.post("/v1/auth/logout", headers=headers)).status_code == 204
        assert await status_of(nobody, who) == 401

    async def test_without_anything_is_refused(self, nobody: httpx.AsyncClient) -> None:
        assert (await nobody.post("/v1/auth/logout")).status_code == 401

    async def test_everywhere(self, nobody: httpx.AsyncClient) -> None:
        people = [await log_in(nobody) for _ in range(3)]
        assert (await nobody.post("/v1/auth/logout-all", headers=people[0].headers)).status_code == 204
        assert [await status_of(nobody, who) for who in people] == [401, 401, 401]
        assert (await refresh(nobody, people[1].refresh_token)).status_code == 401


class TestOfSeveralProcesses:
    @pytest.fixture
    async def elsewhere(
        self, service: Service, settings: Settings, people: Identity, tmp_path: Any
    ) -> Identity:
        """Accounts as another API process has them."""
        secret = "a secret of the tests, long enough for HS256"
        return identity(replace(settings, home=tmp_path, jwt_secret=secret), service.connections)

    async def test_a_token_of_one_counts_in_the_other_and_so_does_its_end(
        self, nobody: httpx.AsyncClient, elsewhere: Identity, people: Identity
    ) -> None:
        who = await log_in(nobody)
        grant = await elsewhere.tokens.verify(who.access_token)
        assert (grant.tenant, grant.scopes) == (who.tenant, SCOPES)
        keys = people.services["signing_keys"], elsewhere.services["signing_keys"]
        assert await keys[0].public_keys() == await keys[1].public_keys()  # type: ignore[attr-defined]


async def test_sessions_are_listed_and_ended_one_by_one(
    nobody: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    here, there = await log_in(nobody), await log_in(nobody)
    agent = {"User-Agent": "a phone"}
    body = {"email": "ann@example.com", "password": PASSWORD}
    await nobody.post("/v1/auth/login", json=body, headers=agent)
    page = (await nobody.get("/v1/auth/sessions", headers=here.headers, params={"limit": 2})).json()
    assert (page["total"], page["limit"], page["offset"], len(page["sessions"])) == (3, 2, 0, 2)
    sessions = (await nobody.get("/v1/auth/sessions", headers=here.headers)).json()["sessions"]
    assert [one["current"] for one in sessions] == [False, False, True]
    assert (sessions[0]["agent"], sessions[0]["address"]) == ("a phone", "127.0.0.1")
    address = f"/v1/auth/sessions/{sessions[1]['id']}"
    assert (await api.delete(address)).status_code == 404
    assert (await nobody.delete(address, headers=here.headers)).status_code == 204
    assert (await nobody.delete(address, headers=here.headers)).status_code == 404
    assert [await status_of(nobody, who) for who in (here, there)] == [200, 401]


async def test_nobody_ends_or_sees_the_session_of_somebody_else(nobody: httpx.AsyncClient) -> None:
    await register(nobody, "bob@example.com")
    ann, bob = await log_in(nobody), await log_in(nobody, "bob@example.com")
    sessions = (await nobody.get("/v1/auth/sessions", headers=bob.headers)).json()["sessions"]
    assert len(sessions) == 1
    answer = await nobody.delete(f"/v1/auth/sessions/{sessions[0]['id']}", headers=ann.headers)
    assert answer.status_code == 404
    assert await status_of(nobody, bob) == 200


class TestOfSeveralTenants:
    @pytest.fixture
    async def team(self, nobody: httpx.AsyncClient, service: Service) -> str:
        """A tenant of Bob's that Ann belongs to as a viewer."""
        tenant = str((await register(nobody, "bob@example.com"))["tenant_id"])
        with psycopg.connect(service.database_url) as connection:
            connection.execute(
                "insert into identity.member (tenant_id, person_id, role) "
                "select %s, person_id, 'viewer' from identity.person where email_key = 'ann@example.com'",
                (tenant,),
            )
        return tenant

    async def test_one_signs_in_to_the_tenant_one_names(self, nobody: httpx.AsyncClient, team: str) -> None:
        who = await log_in(nobody, tenant_id=team)
        assert who.tenant == team
        made = {"name": "N", "portfolio_type": "long_only"}
        answer = await nobody.post("/v1/portfolios", json=made, headers=who.headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
        assert await status_of(nobody, who) == 200

    async def test_one_does_not_sign_in_to_the_tenant_of_somebody_else(
        self, nobody: httpx.AsyncClient, team: str
    ) -> None:
        await register(nobody, "eve@example.com")
        for tenant in (team, "made-up"):
            body = {"email": "eve@example.com", "password": PASSWORD, "tenant_id": tenant}
            assert (await nobody.post("/v1/auth/login", json=body)).status_code == 404
        who = await log_in(nobody, "eve@example.com")
        answer = await nobody.post("/v1/auth/switch", json={"tenant_id": team}, headers=who.headers)
        assert answer.status_code == 404

    async def test_one_goes_on_in_another_tenant(self, nobody: httpx.AsyncClient, team: str) -> None:
        who = await log_in(nobody)
        assert who.tenant != team
        answer = await nobody.post("/v1/auth/switch", json={"tenant_id": team}, headers=who.headers)
        assert (answer.status_code, answer.json()["tenant_id"]) == (200, team)
        assert signed_in(await refresh(nobody, who.refresh_token)).tenant == team
        claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
        assert frozenset(claims["scope"].split()) == ROLE_SCOPES["viewer"]
        assert await status_of(nobody, who) == 200

    async def test_who_left_a_tenant_is_out(
        self, nobody: httpx.AsyncClient, team: str, service: Service
    ) -> None:
        who = await log_in(nobody, tenant_id=team)
        with psycopg.connect(service.database_url) as connection:
            connection.execute(
                "delete from identity.member where tenant_id = %s and role = 'viewer'", (team,)
            )
        assert await status_of(nobody, who) == 401
        assert (await refresh(nobody, who.refresh_token)).status_code == 401


async def test_a_session_that_was_not_refreshed_in_time_is_over(
    nobody: httpx.AsyncClient, service: Service
) -> None:
    who = await log_in(nobody)
    with psycopg.connect(service.database_url) as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute("update identity.refresh_token set expires_at = %s", (past,))
        connection.execute("update identity.session set expires_at = %s", (past,))
    assert (await refresh(nobody, who.refresh_token)).status_code == 401
    assert await status_of(nobody, who) == 401


async def test_a_repeated_request_of_signing_in_is_a_request_of_its_own(nobody: httpx.AsyncClient) -> None:
    body = {"email": "ann@example.com", "password": PASSWORD, "include_refresh_token": True}
    key = {"Idempotency-Key": "once"}
    answers = [await nobody.post("/v1/auth/login", json=body, headers=key) for _ in range(2)]
    assert signed_in(answers[0]).refresh_token != signed_in(answers[1]).refresh_token
    assert "idempotent-replayed" not in answers[1].headers
