"""What a connection may cost: heads, bodies and answers of clients that mean harm, over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from litestar import Controller, get, post
from litestar.params import JSONBody, MultipartBody
from prometheus_client import CollectorRegistry
from tests.support.demo_api import SECRET, Import, RegisterBasket, Shelf, a_demo_api, a_token
from tests.support.served import RawClient, raw_client, served

from api.answers import ApiResponse, reply
from api.app import create_app
from api.operation import operation
from api.parts import ApiParts, HttpSettings
from api.services import Service
from bootstrap.bounded_connection import BoundedConnection
from bootstrap.unreadable import HttpProtocol
from infrastructure.identity.tokens import TokenVerifier

HEAD = f"Host: localhost\r\nAuthorization: {a_token()}\r\n".encode()
JSON = b"Content-Type: application/json\r\n"


class Hasty(HttpProtocol):
    """The protocol with no patience."""

    HEAD_SECONDS = 0.2
    LINGER_SECONDS = 0.2
    STALL_SECONDS = 0.2


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with served(a_demo_api(body_seconds=0.2), Hasty) as number:
        yield number


@pytest.fixture
async def client(port: int) -> AsyncIterator[RawClient]:
    async with raw_client(port) as raw:
        yield raw


async def refused(client: RawClient, status: int, error: str) -> dict[str, str]:
    told, headers, body = await client.answer()
    assert (told, json.loads(body)["error"]) == (status, error)
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    return headers


async def test_a_client_that_says_nothing_is_let_go(client: RawClient) -> None:
    assert await client.ended()


async def test_a_head_that_never_ends_is_given_up(client: RawClient) -> None:
    await client.send(b"GET /health HTTP/1.1\r\nHost: loc")
    await refused(client, 408, "request_timeout")
    assert await client.ended()


async def test_blank_lines_after_an_answer_keep_no_connection(client: RawClient) -> None:
    await client.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (await client.answer())[0] == 200
    await client.send(b"\r\n")
    assert await client.ended()


async def test_an_address_has_a_limit(client: RawClient) -> None:
    path = b"/v1/baskets?kind=" + b"x" * BoundedConnection.URL_BYTES
    await client.send(b"GET " + path + b" HTTP/1.1\r\n" + HEAD + b"\r\n")
    await refused(client, 414, "uri_too_long")


async def test_an_address_that_never_ends_is_refused_before_it_does(client: RawClient) -> None:
    await client.send(b"GET /", *[b"x" * 10_000] * 100)
    await refused(client, 414, "uri_too_long")


async def test_headers_have_a_number(client: RawClient) -> None:
    many = b"".join(b"X-%d: a\r\n" % number for number in range(BoundedConnection.HEADERS))
    await client.send(b"GET /health HTTP/1.1\r\n" + HEAD + many + b"\r\n")
    await refused(client, 431, "header_fields_too_large")


async def test_headers_have_a_size(client: RawClient) -> None:
    large = b"X-Large: " + b"a" * BoundedConnection.HEAD_BYTES
    await client.send(b"GET /health HTTP/1.1\r\n" + HEAD + large + b"\r\n\r\n")
    await refused(client, 431, "header_fields_too_large")


async def test_one_header_that_never_ends_is_refused_before_it_does(client: RawClient) -> None:
    await client.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Large: ", *[b"a" * 10_000] * 100)
    await refused(client, 431, "header_fields_too_large")


async def test_a_huge_token_is_refused_like_any_other_header(client: RawClient) -> None:
    token = b"Authorization: Bearer " + b"e" * 40_000
    await client.send(b"GET /v1/baskets HTTP/1.1\r\nHost: localhost\r\n" + token + b"\r\n\r\n")
    await refused(client, 431, "header_fields_too_large")


async def test_a_body_that_trickles_in_is_given_up(client: RawClient) -> None:
    await client.send(b"POST /v1/baskets HTTP/1.1\r\n" + HEAD + JSON + b"Content-Length: 1000\r\n\r\n{")
    headers = await refused(client, 408, "request_timeout")
    assert headers["connection"] == "close"
    assert await client.ended()


async def test_an_upload_that_trickles_in_is_given_up(client: RawClient) -> None:
    kind = b"Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n"
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nticker'
    chunk = b"%x\r\n%b\r\n" % (len(part), part)
    await client.send(b"POST /v1/baskets/imports HTTP/1.1\r\n" + HEAD + kind + chunk)
    await refused(client, 408, "request_timeout")


async def test_a_stranger_is_refused_before_a_byte_of_the_body_is_waited_for(client: RawClient) -> None:
    await client.send(
        b"POST /v1/baskets HTTP/1.1\r\nHost: localhost\r\n" + JSON + b"Content-Length: 1000\r\n\r\n"
    )
    await refused(client, 401, "unauthorized")


async def test_an_announced_body_beyond_the_limit_is_not_asked_for(client: RawClient) -> None:
    expecting = b"Expect: 100-continue\r\nContent-Length: 1000000000\r\n\r\n"
    await client.send(b"POST /v1/baskets HTTP/1.1\r\n" + HEAD + JSON + expecting)
    await refused(client, 413, "content_too_large")


async def test_the_rest_of_a_refused_body_is_not_taken_for_ever(client: RawClient) -> None:
    sending = asyncio.create_task(
        client.send(
            b"POST /v1/baskets HTTP/1.1\r\n" + HEAD + JSON + b"Content-Length: 1000000000\r\n\r\n",
            *[b"[" * 10_000] * 100_000,
        )
    )
    await refused(client, 413, "content_too_large")
    assert await client.ended()
    await sending


async def test_a_body_that_nobody_asked_for_does_not_hold_the_connection(client: RawClient) -> None:
    await client.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
    assert (await client.answer())[0] == 200
    assert await client.ended()


async def test_headers_behind_a_body_count_for_nothing(client: RawClient) -> None:
    chunked = b"Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n"
    trailer = f"0\r\nAuthorization: {a_token()}\r\n\r\n".encode()
    body = b'{"name": "a", "kind": "long_only"}'
    await client.send(
        b"POST /v1/baskets HTTP/1.1\r\nHost: localhost\r\n" + JSON + chunked,
        b"%x\r\n%b\r\n" % (len(body), body) + trailer,
    )
    await refused(client, 401, "unauthorized")


async def test_two_lengths_of_one_body_are_no_request(client: RawClient) -> None:
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    await client.send(b"POST /v1/baskets HTTP/1.1\r\n" + HEAD + JSON + both)
    await refused(client, 400, "bad_request")


async def test_a_connection_is_used_again_after_all_that_is_well(client: RawClient) -> None:
    body = b'{"name": "a", "kind": "long_only"}'
    post = b"POST /v1/baskets HTTP/1.1\r\n" + HEAD + JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body
    for _ in range(3):
        await client.send(post)
        assert (await client.answer())[0] == 201
    await client.send(post + post)
    assert [(await client.answer())[0] for _ in range(2)] == [201, 201]


async def test_what_follows_a_request_and_is_none_takes_nothing_from_its_answer(client: RawClient) -> None:
    await client.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nno request\r\n\r\n")
    assert (await client.answer())[0] == 200
    assert await client.ended()


async def test_a_wish_for_another_protocol_is_not_granted(client: RawClient) -> None:
    upgrade = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await client.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + upgrade)
    assert (await client.answer())[0] == 200
    assert await client.ended()


class Work:
    """What became of the work behind an endpoint, and when it may go on."""

    def __init__(self) -> None:
        self.cancelled, self.written, self.proceed = asyncio.Event(), asyncio.Event(), asyncio.Event()


class Slow(Controller):
    """Endpoints that take as long as a test wants."""

    @get("/v1/slow", opt=operation(scope="portfolios:read"))
    async def read(self, work: Service[Work]) -> ApiResponse[dict[str, str]]:
        """Read for ever."""
        try:
            await work.proceed.wait()
        except asyncio.CancelledError:
            work.cancelled.set()
            raise
        return reply({})

    @post("/v1/slow", opt=operation(scope="portfolios:write"))
    async def write(self, data: JSONBody[RegisterBasket], work: Service[Work]) -> ApiResponse[dict[str, str]]:
        """Write until the test says that it is done."""
        await work.proceed.wait()
        work.written.set()
        return reply({})

    @post("/v1/slow/files", opt=operation(scope="positions:import"))
    async def take(self, data: MultipartBody[Import], work: Service[Work]) -> ApiResponse[dict[str, str]]:
        """Take a file, which has limits of its own."""
        await work.proceed.wait()
        return reply({})


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def slow(work: Work) -> AsyncIterator[RawClient]:
    shelf = Shelf()
    parts = ApiParts(
        settings=HttpSettings(version="1.2.3", answer_seconds=0.2, body_seconds=5),
        tokens=TokenVerifier.hs256(SECRET),
        credentials=shelf,
        probes=shelf,
        positions=shelf,
        idempotency=shelf,
        services={"work": work},
    )
    app = create_app(parts, [Slow], registry=CollectorRegistry())
    async with served(app, Hasty) as number, raw_client(number) as raw:
        yield raw


async def test_reading_that_takes_too_long_is_ended(slow: RawClient, work: Work) -> None:
    await slow.send(b"GET /v1/slow HTTP/1.1\r\n" + HEAD + b"\r\n")
    headers = await refused(slow, 503, "service_unavailable")
    assert int(headers["retry-after"]) > 0
    assert work.cancelled.is_set()


async def test_writing_that_takes_too_long_is_answered_and_still_ends(slow: RawClient, work: Work) -> None:
    body = b'{"name": "a", "kind": "long_only"}'
    await slow.send(
        b"POST /v1/slow HTTP/1.1\r\n" + HEAD + JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body
    )
    await refused(slow, 503, "service_unavailable")
    work.proceed.set()
    await work.written.wait()
    await slow.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (await slow.answer())[0] == 200


async def test_what_has_limits_of_its_own_may_take_as_long_as_those_say(slow: RawClient, work: Work) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nticker\r\n--x--\r\n'
    kind = b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n" % len(part)
    await slow.send(b"POST /v1/slow/files HTTP/1.1\r\n" + HEAD + kind + part)
    async with raw_client(slow.port) as other:  # whose request is given up meanwhile
        await other.send(b"GET /v1/slow HTTP/1.1\r\n" + HEAD + b"\r\n")
        await refused(other, 503, "service_unavailable")
    work.proceed.set()
    assert (await slow.answer())[0] == 200


async def test_an_answer_that_nobody_reads_is_given_up() -> None:
    lost = asyncio.Event()

    class Watched(Hasty):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            lost.set()

    async with served(a_demo_api(), Watched) as port, raw_client(port) as client:
        ask = b"GET /docs/assets/redoc.standalone.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
        await client.send(ask * 50)
        await lost.wait()
