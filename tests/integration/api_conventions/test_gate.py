"""What is turned away whatever its address, and which pages elsewhere may read answers."""

from collections.abc import AsyncIterator

import httpx
import pytest
from httpx import AsyncClient as Api
from tests.support.demo_api import a_client, a_demo_api, a_token
from tests.support.served import raw_client, served

from api.parts import Hosts

APP = "https://app.example.com"
HERE = Hosts(frozenset({"trimtab.example.com"}))
EVERYWHERE = Hosts(frozenset({"trimtab.example.com"}), everywhere=True)


@pytest.fixture
async def shared() -> AsyncIterator[Api]:
    """A client of an API that lets the pages of one origin read."""
    async with a_client(a_demo_api(cors_origins=frozenset({APP}))) as client:
        client.headers["Authorization"] = f"Bearer {a_token()}"
        yield client


def refused(answer: httpx.Response, status: int, error: str) -> httpx.Response:
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer


@pytest.mark.parametrize("path", ["/health", "/v1/baskets", "/v1/nothing", "/docs"])
async def test_trace_is_never_answered(api: Api, path: str) -> None:
    answer = refused(await api.request("TRACE", path), 405, "method_not_allowed")
    assert "TRACE" not in answer.headers["allow"]


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
async def test_a_header_changes_no_method(api: Api, name: str) -> None:
    answer = await api.post("/v1/baskets?_method=DELETE", json={}, headers={name: "GET"})
    assert answer.status_code == 422


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity"])
async def test_a_packed_body_is_not_unpacked(api: Api, encoding: str) -> None:
    answer = await api.post("/v1/baskets", content=b"\x1f\x8b", headers={"Content-Encoding": encoding})
    assert refused(answer, 415, "unsupported_media_type").headers["accept-encoding"] == "identity"


async def test_a_body_that_is_as_it_is_may_say_so(api: Api) -> None:
    body = {"name": "a", "kind": "long_only"}
    answer = await api.post("/v1/baskets", json=body, headers={"Content-Encoding": "identity"})
    assert answer.status_code == 201


@pytest.mark.parametrize("host", ["evil.example", "trimtab.example.com.evil.example", "10.0.0.1:8321"])
async def test_a_page_whose_name_was_made_to_lead_here_gets_nothing(host: str) -> None:
    async with a_client(a_demo_api(hosts=HERE)) as api:
        refused(await api.get("/health", headers={"Host": host}), 421, "misdirected_request")


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8321", "127.0.0.1:8321", "[::1]:8321", "app.localhost", "trimtab.example.com."],
)
async def test_this_machine_is_called_by_its_names(host: str) -> None:
    async with a_client(a_demo_api(hosts=HERE)) as api:
        assert (await api.get("/health", headers={"Host": host})).status_code == 200


async def test_others_call_it_as_they_like_unless_a_setting_lists_the_names() -> None:
    host = {"Host": "anything.example"}
    async with a_client(a_demo_api(hosts=HERE), peer="203.0.113.9") as api:
        assert (await api.get("/health", headers=host)).status_code == 200
    async with a_client(a_demo_api(hosts=EVERYWHERE), peer="203.0.113.9") as api:
        refused(await api.get("/health", headers=host), 421, "misdirected_request")
        refused(await api.get("/health", headers={"Host": "localhost"}), 421, "misdirected_request")
        assert (await api.get("/health", headers={"Host": "trimtab.example.com"})).status_code == 200


@pytest.mark.parametrize(
    "head", ["", "Host: a\r\nHost: b\r\n", "Host: a b\r\n", "Host: http://a\r\n", "Host: \r\n"]
)
async def test_a_request_names_one_host(head: str) -> None:
    async with served(a_demo_api()) as port, raw_client(port) as client:
        await client.send(f"GET /health HTTP/1.1\r\n{head}\r\n".encode())
        assert (await client.answer())[0] == 400


async def test_no_page_elsewhere_reads_answers_unless_a_setting_says_so(api: Api) -> None:
    for method in ("GET", "OPTIONS"):
        headers = {"Origin": APP, "Access-Control-Request-Method": "GET"}
        answer = await api.request(method, "/v1/baskets", headers=headers)
        assert [name for name in answer.headers if name.startswith("access-control")] == []


async def test_a_listed_page_may_ask_before_it_has_a_credential(shared: Api) -> None:
    del shared.headers["Authorization"]
    headers = {"Origin": APP, "Access-Control-Request-Method": "POST"}
    answer = await shared.options("/v1/baskets", headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == APP
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "idempotency-key", "if-match", "content-type"))
    assert answer.headers["access-control-max-age"] == "600"


async def test_a_listed_page_reads_answers_and_their_headers(shared: Api) -> None:
    answer = await shared.get("/v1/baskets", headers={"Origin": APP})
    assert answer.headers["access-control-allow-origin"] == APP
    assert answer.headers["access-control-allow-credentials"] == "true"
    readable = answer.headers["access-control-expose-headers"]
    assert all(name in readable for name in ("ETag", "Location", "Trimtab-Position", "Retry-After"))
    assert "Origin" in answer.headers["vary"]


async def test_a_listed_page_reads_what_went_wrong_as_well(shared: Api) -> None:
    del shared.headers["Authorization"]
    answer = await shared.get("/v1/baskets", headers={"Origin": APP})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, APP)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://app.example.com:8443",
        "null",
    ],
)
async def test_another_page_does_not(shared: Api, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        answer = await shared.request(method, "/v1/baskets", headers=headers)
        assert [name for name in answer.headers if name.startswith("access-control")] == []
        assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(("origin", "status"), [("https://evil.example", 403), ("null", 403), (APP, 201)])
async def test_a_cookie_writes_only_from_pages_of_ours(shared: Api, origin: str, status: int) -> None:
    headers = {"Cookie": "trimtab_refresh=abc", "Origin": origin}
    body = {"name": "a", "kind": "long_only"}
    assert (await shared.post("/v1/baskets", json=body, headers=headers)).status_code == status


async def test_a_cookie_writes_from_pages_of_the_service_itself(api: Api) -> None:
    headers = {"Cookie": "trimtab_refresh=abc", "Origin": "https://trimtab.test"}
    body = {"name": "a", "kind": "long_only"}
    assert (await api.post("/v1/baskets", json=body, headers=headers)).status_code == 201


@pytest.mark.parametrize(
    "path",
    ["/health", "/v1/baskets", "/v1/nothing", "/docs", "/redoc", "/docs/authentication", "/problems", "/"],
)
async def test_every_answer_says_what_a_browser_may_do_with_it(api: Api, path: str) -> None:
    headers = (await api.get(path)).headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert "server" not in headers


async def test_the_server_does_not_say_what_it_is() -> None:
    async with served(a_demo_api()) as port, raw_client(port) as client:
        await client.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        first = await client.answer()
        await client.send(b"no request\r\n\r\n")
        second = await client.answer()
    assert (first[0], second[0]) == (200, 400)
    assert "server" not in {**first[1], **second[1]}
