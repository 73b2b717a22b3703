"""A few conventions over a real server and a real connection, where framing matters."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from httpx import AsyncClient, ConnectError
from tests.support.demo_api import a_demo_api, a_token


@pytest.fixture
async def served() -> AsyncIterator[AsyncClient]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(a_demo_api(), address="127.0.0.1", port=port, interface=Interfaces.ASGI)
    serving = asyncio.create_task(server.serve())
    async with AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        await answering(client)
        client.headers["Authorization"] = a_token()
        yield client
    server.stop()  # type: ignore[no-untyped-call]
    await serving


async def answering(client: AsyncClient) -> None:
    for _ in range(500):
        try:
            await client.get("/health")
        except ConnectError:
            await asyncio.sleep(0.01)
        else:
            return
    raise AssertionError("the server does not answer")


async def test_a_resource_lives_its_life(served: AsyncClient) -> None:
    created = await served.post("/v1/baskets", json={"name": "a", "kind": "long_only"})
    address = created.headers["location"]
    read = await served.get(address)
    same = await served.get(address, headers={"If-None-Match": read.headers["etag"]})
    head = await served.head(address)
    changed = await served.patch(address, json={"name": "b"}, headers={"If-Match": created.headers["etag"]})
    assert [answer.status_code for answer in (created, read, same, head, changed)] == [
        201,
        200,
        304,
        200,
        200,
    ]
    assert head.headers["content-length"] == str(len(read.content))


async def test_a_chunked_body_beyond_the_limit_is_too_large(served: AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b'"' + b"x" * 1000

    answer = await served.post("/v1/baskets", content=chunks())
    assert (answer.status_code, answer.json()["error"]) == (413, "content_too_large")


async def test_an_upload_arrives(served: AsyncClient) -> None:
    answer = await served.post("/v1/baskets/imports", files={"file": ("a.csv", b"ticker\nAAPL\n")})
    assert answer.json() == {"filename": "a.csv", "size": 12}
