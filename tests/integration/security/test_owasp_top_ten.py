"""The OWASP API Security Top 10 of 2023, each with what would go wrong without the defence against it."""

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from tests.support.accounts import PASSWORD, SignedIn
from tests.support.api_process import ALL_SCOPES, ApiProcess, an_address
from tests.support.refusals import refused
from tests.support.stripe_server import StripeServer, an_event, signed

METHODS = ("get", "put", "post", "patch", "delete")
Body = dict[str, Any]
Route = tuple[str, str, Body]


@pytest.fixture
def stranger(api: ApiProcess) -> Iterator[httpx.Client]:
    """The owner of another tenant."""
    with api.client_of(f"stranger-{uuid4()}") as client:
        yield client


def a_portfolio(client: httpx.Client, **fields: Any) -> Body:
    sent = {"name": "Growth", "portfolio_type": "long_only", "initial_cash": 25_000, **fields}
    answer = client.post("/v1/portfolios", json=sent)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def routes(client: httpx.Client) -> list[Route]:
    """Every method of every path, as the service documents it."""
    paths = client.get("/openapi.json").json()["paths"]
    return [
        (method, path, found[method])
        for path, found in paths.items()
        for method in METHODS
        if method in found
    ]


def scopes_of(documented: Body) -> list[str] | None:
    """The scopes that a token needs for an operation; None where it may be absent."""
    ways = documented["security"]
    found: list[list[str]] = [one["accessToken"] for one in ways if "accessToken" in one]
    return found[0] if found and {} not in ways else None


def filled(path: str) -> str:
    """The path with ids that nobody has."""
    return path.format_map(_Ids())


class _Ids(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return str(uuid4()) if name.endswith("_id") else "nothing"


class TestApi1BrokenObjectLevelAuthorization:
    """Ids are no secrets: knowing one opens nothing."""

    def test_the_id_of_a_portfolio_opens_it_for_its_tenant_alone(
        self, client: httpx.Client, stranger: httpx.Client
    ) -> None:
        path = f"/v1/portfolios/{a_portfolio(client)['portfolio_id']}"
        for below in ("", "/positions", "/allocations", "/events", "/drift", "/recommendations"):
            assert client.get(path + below).status_code in (200, 409)
            refused(stranger.get(path + below), 404)
        refused(stranger.patch(path, json={"name": "Mine"}), 404)
        refused(stranger.delete(path), 404)
        refused(stranger.post(f"{path}/cash", json={"amount": -25_000}), 404)
        assert [one["name"] for one in client.get("/v1/portfolios").json()["portfolios"]] == ["Growth"]

    def test_the_ids_of_keys_and_webhooks_open_nothing_elsewhere(
        self, client: httpx.Client, stranger: httpx.Client
    ) -> None:
        key = client.post("/v1/api-keys", json={"name": "mine"}).json()["id"]
        refused(stranger.get(f"/v1/api-keys/{key}"), 404)
        refused(stranger.post(f"/v1/api-keys/{key}/rotate", json={"overlap_seconds": 0}), 404)
        refused(stranger.delete(f"/v1/api-keys/{key}"), 404)
        assert client.get(f"/v1/api-keys/{key}").status_code == 200
        sent = {"url": "https://1.1.1.1/hook", "events": ["import.done"]}
        webhook = client.post("/v1/webhooks", json=sent).json()["id"]
        refused(stranger.get(f"/v1/webhooks/{webhook}/deliveries"), 404)
        refused(stranger.patch(f"/v1/webhooks/{webhook}", json={"url": "https://1.0.0.1/mine"}), 404)
        refused(stranger.post(f"/v1/webhooks/{webhook}/rotate-secret"), 404)
        refused(stranger.post(f"/v1/webhooks/{webhook}/test"), 404)
        refused(stranger.delete(f"/v1/webhooks/{webhook}"), 404)
        assert client.get(f"/v1/webhooks/{webhook}").json()["url"] == sent["url"]

    def test_the_id_of_a_session_ends_it_for_its_person_alone(
        self, api: ApiProcess, person: SignedIn
    ) -> None:
        with api.client(person.access_token) as mine:
            shown = mine.get("/v1/auth/sessions")
            assert shown.status_code == 200, shown.text
            [session] = shown.json()["sessions"]
            other = another_person(api)
            with api.client(other.access_token) as theirs:
                refused(theirs.delete(f"/v1/auth/sessions/{session['id']}"), 404)
            assert mine.get("/v1/auth/me").status_code == 200

    def test_nobody_subscribes_for_another_tenant(self, stranger: httpx.Client, tenant: str) -> None:
        refused(stranger.post("/v1/billing/checkout", json={"tenantId": tenant, "tier": "pro"}), 404)

    def test_nobody_switches_to_a_tenant_of_others(
        self, api: ApiProcess, person: SignedIn, tenant: str
    ) -> None:
        other = another_person(api)
        with api.client(person.access_token) as mine:
            for foreign in (tenant, other.tenant):
                refused(mine.post("/v1/auth/switch", json={"tenant_id": foreign}), 404)

    def test_a_header_or_a_parameter_names_no_tenant(
        self, client: httpx.Client, stranger: httpx.Client, tenant: str
    ) -> None:
        a_portfolio(client)
        for name in ("X-Tenant-ID", "X-Tenant", "Tenant", "X-Forwarded-User"):
            assert stranger.get("/v1/portfolios", headers={name: tenant}).json()["total"] == 0
        refused(stranger.get("/v1/portfolios", params={"tenant_id": tenant}), 422)


class TestApi2BrokenAuthentication:
    """Guessing, stealing and repeating do not let anybody in."""

    def test_every_route_that_is_not_public_asks_for_a_credential(
        self, anybody: httpx.Client, api: ApiProcess
    ) -> None:
        let_in = []
        for method, path, documented in routes(anybody):
            if scopes_of(documented) is not None:
                with api.client() as nobody:
                    answer = nobody.request(method, filled(path), json={})
                if answer.status_code != 401:
                    let_in.append((method, path, answer.status_code))
        assert let_in == []

    def test_a_password_cannot_be_guessed_by_trying(self, api: ApiProcess) -> None:
        email = registered(api)
        with api.client() as guesser:
            statuses = [log_in(guesser, email, f"wrong password {n}").status_code for n in range(12)]
            assert set(statuses) <= {401, 429}
            last = log_in(guesser, email, PASSWORD)
        refused(last, 429)
        assert int(last.headers["retry-after"]) > 0

    def test_whoever_is_guessed_at_still_gets_in_from_elsewhere(self, api: ApiProcess) -> None:
        email = registered(api)
        with api.client() as guesser:
            for n in range(12):
                log_in(guesser, email, f"wrong password {n}")
        with api.client() as owner:
            assert log_in(owner, email, PASSWORD).status_code == 200

    def test_guessing_at_one_account_keeps_nobody_else_at_that_address_out(self, api: ApiProcess) -> None:
        victim, neighbour, office = registered(api), registered(api), an_address()
        with api.client(address=office) as everybody:
            for n in range(12):
                log_in(everybody, victim, f"wrong password {n}")
            assert log_in(everybody, neighbour, PASSWORD).status_code == 200

    def test_a_storm_of_wrong_logins_is_bounded_and_others_get_in(self, api: ApiProcess) -> None:
        victim, bystander = registered(api), registered(api)

        def guess(n: int) -> int:
            with api.client(address="10.200.0.1") as client:
                return log_in(client, victim, f"wrong password {n}").status_code

        with ThreadPoolExecutor(24) as pool:
            storm = [pool.submit(guess, n) for n in range(96)]
            with api.client() as client:
                assert log_in(client, bystander, PASSWORD).status_code == 200
            statuses = [one.result() for one in storm]
        assert set(statuses) <= {401, 429, 503}
        assert statuses.count(401) <= 12

    def test_a_wrong_password_and_an_unknown_address_read_alike(self, api: ApiProcess) -> None:
        email = registered(api)
        with api.client() as client:
            wrong = refused(log_in(client, email, "not my password"), 401)
            unknown = refused(log_in(client, f"{uuid4()}@example.com", "not my password"), 401)
        for changing in ("request_id", "timestamp"):
            del wrong[changing], unknown[changing]
        assert wrong == unknown

    def test_asking_for_a_new_password_tells_nobody_who_has_an_account(self, api: ApiProcess) -> None:
        email = registered(api)
        with api.client() as client:
            answers = [
                client.post("/v1/auth/password/forgot", json={"email": one})
                for one in (email, f"{uuid4()}@example.com")
            ]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].content == answers[1].content

    def test_a_stolen_refresh_token_ends_the_session_it_belongs_to(
        self, api: ApiProcess, person: SignedIn
    ) -> None:
        with api.client() as thief, api.client() as owner:
            taken = thief.post("/v1/auth/refresh", json={"refresh_token": person.refresh_token})
            assert taken.status_code == 200, taken.text
            spoilt = owner.post("/v1/auth/refresh", json={"refresh_token": person.refresh_token})
            refused(spoilt, 401)
            refused(
                thief.post("/v1/auth/refresh", json={"refresh_token": taken.json()["refresh_token"]}), 401
            )

    def test_many_uses_of_one_refresh_token_at_once_yield_one_session_at_most(
        self, api: ApiProcess, person: SignedIn
    ) -> None:
        def refresh(_: int) -> int:
            with api.client() as client:
                body = {"refresh_token": person.refresh_token}
                return client.post("/v1/auth/refresh", json=body).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = [*pool.map(refresh, range(8))]
        assert statuses.count(200) <= 1
        assert set(statuses) <= {200, 401}

    @pytest.mark.parametrize(
        "password", ["short", "password12", "1234567890", "aaaaaaaaaaaaaaa", "qwertyuiop"]
    )
    def test_a_password_that_is_easily_guessed_is_refused(self, anybody: httpx.Client, password: str) -> None:
        sent = a_registration(password=password)
        refused(anybody.post("/v1/auth/register", json=sent), 422)

    def test_a_guessed_key_is_looked_up_once(self, api: ApiProcess) -> None:
        guess, other = (f"tt_live_{uuid4().hex}{'k' * 11}" for _ in range(2))
        with api.client(guess) as client, api.database() as database:
            refused(client.get("/v1/portfolios"), 401)
            database.execute("revoke execute on function identity.find_api_key from trimtab_api")
            try:
                again = [client.get("/v1/portfolios") for _ in range(3)]
                unknown = client.get("/v1/portfolios", headers={"Authorization": f"Bearer {other}"})
            finally:
                database.execute("grant execute on function identity.find_api_key to trimtab_api")
        assert [answer.status_code for answer in again] == [401, 401, 401]
        refused(unknown, 500)


class TestApi3BrokenObjectPropertyLevelAuthorization:
    """What a client may not decide it cannot say, and what it may not know is not told."""

    @pytest.mark.parametrize("field", ["tenant_id", "portfolio_id", "is_active", "version", "created_at"])
    def test_a_portfolio_takes_no_more_than_is_documented(self, client: httpx.Client, field: str) -> None:
        sent = {"name": "Growth", "portfolio_type": "long_only", field: "somebody-else"}
        body = refused(client.post("/v1/portfolios", json=sent), 422)
        assert [one["field"] for one in body["errors"]] == [field]

    @pytest.mark.parametrize("field", ["role", "tier", "tenant_id", "scopes", "is_admin", "password_hash"])
    def test_nobody_gives_themselves_more_when_they_register(self, anybody: httpx.Client, field: str) -> None:
        body = refused(anybody.post("/v1/auth/register", json={**a_registration(), field: "owner"}), 422)
        assert [one["code"] for one in body["errors"]] == ["unknown_field"]

    @pytest.mark.parametrize("field", ["id", "role", "tenant_id", "password", "password_hash", "scopes"])
    def test_nobody_gives_themselves_more_afterwards(
        self, api: ApiProcess, person: SignedIn, field: str
    ) -> None:
        with api.client(person.access_token) as client:
            refused(client.patch("/v1/auth/me", json={field: "owner"}), 422)

    def test_a_price_is_not_for_the_buyer_to_say(self, client: httpx.Client, tenant: str) -> None:
        sent = {"tenantId": tenant, "tier": "pro", "price": "price_cheap", "amount": 0}
        refused(client.post("/v1/billing/checkout", json=sent), 422)

    def test_secrets_are_told_once_or_never(
        self, api: ApiProcess, client: httpx.Client, person: SignedIn
    ) -> None:
        made = client.post("/v1/api-keys", json={"name": "mine"}).json()
        shown = client.get("/v1/api-keys").text + client.get(f"/v1/api-keys/{made['id']}").text
        assert made["key"] not in shown
        assert "hash" not in shown
        with api.client(person.access_token) as own:
            told = own.get("/v1/auth/me").text + own.get("/v1/auth/sessions").text
        assert "argon2" not in told
        assert person.refresh_token not in told
        for secret in (made["key"], person.refresh_token, person.access_token, PASSWORD):
            assert secret not in api.output()


class TestApi4UnrestrictedResourceConsumption:
    """What a request may cost is bounded before it is paid."""

    @pytest.fixture
    def free(self, api: ApiProcess, tenant: str) -> Iterator[httpx.Client]:
        with api.database() as database:
            database.execute("select identity.set_tier(%s, 'free')", (tenant,))
        with api.client_of(tenant) as client:
            yield client

    def test_reads_of_a_free_tenant_are_limited(self, free: httpx.Client) -> None:
        answers = [free.get("/v1/portfolios") for _ in range(70)]
        assert answers[0].status_code == 200
        body = refused(answers[-1], 429)
        assert int(answers[-1].headers["retry-after"]) > 0
        assert body["limit"] in (60, 100)

    def test_calculations_of_a_free_tenant_are_limited_harder(self, free: httpx.Client) -> None:
        answers = [free.post("/v1/analytics/risk", json={}) for _ in range(25)]
        refused(answers[-1], 429)

    def test_one_tenant_uses_up_nobody_elses_limit(self, free: httpx.Client, stranger: httpx.Client) -> None:
        for _ in range(70):
            free.get("/v1/portfolios")
        assert stranger.get("/v1/portfolios").status_code == 200

    def test_a_body_beyond_the_limit_is_not_read(self, client: httpx.Client) -> None:
        refused(client.post("/v1/portfolios", content=b'{"name": "' + b"x" * 2_000_000 + b'"}'), 413)

    @pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
    def test_a_body_without_a_bottom_is_refused(self, client: httpx.Client, bracket: bytes) -> None:
        answer = client.post(
            "/v1/portfolios", content=bracket * 100_000, headers={"Content-Type": "application/json"}
        )
        refused(answer, 400, 422)

    @pytest.mark.parametrize("limit", [0, -1, 201, 10**9, 10**30])
    def test_a_page_has_a_largest_size(self, client: httpx.Client, limit: int) -> None:
        refused(client.get("/v1/portfolios", params={"limit": limit}), 422)

    def test_a_password_beyond_reason_is_not_hashed(self, anybody: httpx.Client) -> None:
        refused(log_in(anybody, "a@example.com", "x" * 500_000), 422)
        refused(anybody.post("/v1/auth/register", json=a_registration(password="x y" * 100_000)), 422)


class TestApi5BrokenFunctionLevelAuthorization:
    """A right is asked for by every function that needs it, whatever the client is otherwise allowed."""

    def test_every_scope_is_needed_where_it_is_documented(self, api: ApiProcess, tenant: str) -> None:
        with api.client() as anybody:
            documented = [(method, path, scopes_of(found)) for method, path, found in routes(anybody)]
        guarded = [(method, path, scopes[0]) for method, path, scopes in documented if scopes]
        let_in = []
        for method, path, scope in guarded:
            with api.client_of(tenant, ALL_SCOPES - {scope}) as client:
                answer = client.request(method, filled(path), json={})
            if answer.status_code != 403:
                let_in.append((method, path, scope, answer.status_code))
        assert {scope for _, _, scope in guarded} >= {"admin", "portfolios:read", "portfolios:write"}
        assert let_in == []

    def test_a_key_makes_no_key_with_more_rights_than_its_own(self, api: ApiProcess, tenant: str) -> None:
        with api.client_of(tenant, frozenset({"admin", "portfolios:read"})) as owner:
            refused(owner.post("/v1/api-keys", json={"name": "more", "scopes": ["portfolios:write"]}), 403)
            key = owner.post("/v1/api-keys", json={"name": "all"}).json()
        assert set(key["scopes"]) <= {"admin", "portfolios:read"}

    def test_a_token_without_a_scope_is_no_administrator(self, api: ApiProcess, tenant: str) -> None:
        with api.client_of(tenant, ALL_SCOPES - {"admin"}) as client:
            for path in ("/v1/api-keys", "/v1/webhooks", "/v1/audit"):
                refused(client.get(path), 403)

    @pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
    def test_a_read_does_not_become_a_write_by_a_header(self, client: httpx.Client, header: str) -> None:
        path = f"/v1/portfolios/{a_portfolio(client)['portfolio_id']}"
        assert client.get(path, headers={header: "DELETE"}).status_code == 200
        assert client.get("/v1/portfolios").json()["total"] == 1

    @pytest.mark.parametrize(
        "path", ["/v1/admin", "/admin", "/v1/internal", "/v1/debug", "/debug/pprof", "/v1/users"]
    )
    def test_there_is_no_back_door(self, client: httpx.Client, path: str) -> None:
        refused(client.get(path), 404)


class TestApi6UnrestrictedAccessToSensitiveBusinessFlows:
    """Flows that cost somebody something cannot be run by the thousand."""

    def test_accounts_are_not_made_by_the_dozen(self, api: ApiProcess) -> None:
        with api.client() as robot:
            statuses = [robot.post("/v1/auth/register", json=a_registration()).status_code for _ in range(15)]
        assert statuses[0] == 201
        assert statuses[-1] == 429

    def test_nobodys_letter_box_is_filled(self, api: ApiProcess) -> None:
        email = registered(api)
        with api.client() as robot:
            answers = [robot.post("/v1/auth/password/forgot", json={"email": email}) for _ in range(15)]
        assert answers[0].status_code == 202
        refused(answers[-1], 429)

    def test_a_subscription_is_not_ordered_twice_by_a_nervous_client(
        self, client: httpx.Client, tenant: str, stripe_server: StripeServer
    ) -> None:
        order, key = {"tenantId": tenant, "tier": "pro"}, {"Idempotency-Key": "once"}
        before = stripe_server.sessions
        pages = [client.post("/v1/billing/checkout", json=order, headers=key) for _ in range(3)]
        assert len({page.json()["url"] for page in pages}) == 1
        assert stripe_server.sessions == before + 1


class TestApi7ServerSideRequestForgery:
    """Nobody makes the service ask what they cannot ask themselves."""

    @pytest.mark.parametrize(
        "url",
        [
            "http://169.254.169.254/latest/meta-data/",
            "https://169.254.169.254/",
            "https://127.0.0.1:8321/",
            "https://localhost/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://0.0.0.0/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://10.0.0.1/",
            "https://192.168.1.1/",
            "https://[fd00::1]/",
            "file:///etc/passwd",
            "gopher://127.0.0.1:6379/_FLUSHALL",
            "https://user:password@example.com/",
            "http://example.com/",
            "https:///",
            "javascript:alert(1)",
        ],
    )
    def test_a_webhook_leads_to_no_place_inside(self, client: httpx.Client, url: str) -> None:
        answer = client.post("/v1/webhooks", json={"url": url, "events": ["import.done"]})
        assert [one["field"] for one in refused(answer, 422)["errors"]] == ["url"]


class TestApi8SecurityMisconfiguration:
    """What is not needed is off, and what is off says nothing of the inside."""

    @pytest.mark.parametrize("path", ["/health", "/v1/portfolios", "/nowhere", "/docs", "/openapi.json"])
    def test_every_answer_tells_browsers_to_be_careful(self, anybody: httpx.Client, path: str) -> None:
        headers = anybody.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers
        assert "x-powered-by" not in headers

    def test_pages_of_other_origins_read_nothing(self, client: httpx.Client) -> None:
        for origin in ("https://evil.example", "null", client.base_url.host):
            answer = client.get("/v1/portfolios", headers={"Origin": origin})
            assert "access-control-allow-origin" not in answer.headers
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        assert "access-control-allow-origin" not in client.options("/v1/portfolios", headers=asked).headers

    @pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK", "PROPFIND"])
    def test_methods_that_nobody_needs_are_refused(self, api: ApiProcess, method: str) -> None:
        place = urlsplit(api.address)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
        connection.request(method, "/v1/portfolios", headers={"X-Secret": "echo"})
        answer = connection.getresponse()
        assert answer.status in (400, 404, 405, 501)
        assert b"echo" not in answer.read()
        connection.close()

    @pytest.mark.parametrize(
        "path",
        [
            "/metrics",
            "/.env",
            "/.git/config",
            "/v1/../../etc/passwd",
            "/docs/..%2f..%2fetc/passwd",
            "/v1/schemas/..%2f",
        ],
    )
    def test_nothing_is_served_that_is_none_of_anybodys_business(
        self, anybody: httpx.Client, path: str
    ) -> None:
        refused(anybody.get(path), 400, 404)

    def test_answers_for_one_tenant_are_not_kept_by_anybody(self, client: httpx.Client) -> None:
        assert client.get("/v1/portfolios").headers["cache-control"] == "no-store"


class TestApi9ImproperInventoryManagement:
    """What answers is documented, and what is documented is guarded as it says."""

    def test_every_documented_route_says_how_it_is_guarded(self, anybody: httpx.Client) -> None:
        unsaid = [(method, path) for method, path, found in routes(anybody) if "security" not in found]
        assert unsaid == []

    def test_only_these_routes_are_public(self, anybody: httpx.Client) -> None:
        public = {path for _, path, found in routes(anybody) if scopes_of(found) is None}
        assert public <= {
            *("/health", "/health/ready", "/asyncapi.json", "/openapi.json", "/llms.txt", "/docs", "/redoc"),
            *("/v1/schemas", "/v1/schemas/{name}", "/.well-known/jwks.json", "/v1/billing/webhook"),
            *("/v1/auth/register", "/v1/auth/login", "/v1/auth/refresh", "/v1/auth/logout"),
            *("/v1/auth/password/forgot", "/v1/auth/password/reset", "/v1/invitations/accept"),
        }

    @pytest.mark.parametrize("prefix", ["/api", "/api/v1", "/v0", "/v2", "/beta", "/V1"])
    def test_no_other_version_answers(self, client: httpx.Client, prefix: str) -> None:
        refused(client.get(f"{prefix}/portfolios"), 404)


class TestApi10UnsafeConsumptionOfApis:
    """What others send us is not believed because of who they are."""

    def test_an_event_that_the_payment_provider_did_not_sign_pays_for_nothing(
        self, api: ApiProcess, anybody: httpx.Client, tenant: str
    ) -> None:
        for how in ({"secret": "whsec_guessed"}, {"ago": 301}):
            content, headers = signed(an_event(tenant=tenant, tier="enterprise"), **how)
            refused(anybody.post("/v1/billing/webhook", content=content, headers=headers), 400)
        assert tier_of(api, tenant) is None

    def test_a_replayed_event_pays_for_nothing_again(
        self, api: ApiProcess, anybody: httpx.Client, tenant: str
    ) -> None:
        began = an_event(
            tenant=tenant, subscription=f"sub_{uuid4()}", event=f"evt_{uuid4()}", at=1_800_000_000
        )
        ended = {
            **began,
            "id": f"evt_{uuid4()}",
            "type": "customer.subscription.deleted",
            "created": 1_800_000_060,
        }
        replies = []
        for event in (began, ended, began, ended):
            content, headers = signed(event)
            replies.append(anybody.post("/v1/billing/webhook", content=content, headers=headers).json())
        assert [reply["reason"] for reply in replies] == [None, None, "replayed", "replayed"]
        assert tier_of(api, tenant) == "free"

    @pytest.mark.parametrize("status", [302, 307, 400, 404])
    def test_a_payment_provider_that_leads_elsewhere_is_not_followed(
        self, client: httpx.Client, tenant: str, stripe_server: StripeServer, status: int
    ) -> None:
        stripe_server.failures = [status]
        refused(client.post("/v1/billing/checkout", json={"tenantId": tenant, "tier": "pro"}), 502)


def a_registration(**changed: Any) -> Body:
    names = {"first_name": "Ann", "last_name": "Archer"}
    return {"email": f"{uuid4()}@example.com", "password": PASSWORD, **names, **changed}


def registered(api: ApiProcess) -> str:
    """The address of somebody who has just registered."""
    sent = a_registration()
    with api.client() as client:
        answer = client.post("/v1/auth/register", json=sent)
    assert answer.status_code == 201, answer.text
    return str(sent["email"])


def another_person(api: ApiProcess) -> SignedIn:
    """Somebody else who has just registered and signed in."""
    email = registered(api)
    with api.client() as client:
        answer = log_in(client, email, PASSWORD, include_refresh_token=True)
    body = answer.json()
    return SignedIn(
        access_token=body["access_token"], refresh_token=body["refresh_token"], tenant=body["tenant_id"]
    )


def log_in(client: httpx.Client, email: str, password: str, **more: Any) -> httpx.Response:
    return client.post("/v1/auth/login", json={"email": email, "password": password, **more})


def tier_of(api: ApiProcess, tenant: str) -> str | None:
    with api.database() as database:
        row = database.execute("select tier from identity.tenant where tenant_id = %s", (tenant,)).fetchone()
    return row[0] if row else None
