"""A few conventions over a real server and a real connection, where framing matters."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from httpx import AsyncClient
from tests.support.demo_api import a_demo_api, a_token

from bootstrap.joined_writes import JoinedWrites


@pytest.fixture
async def served() -> AsyncIterator[AsyncClient]:
    config = uvicorn.Config(a_demo_api(), http=JoinedWrites, ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0)
        async with AsyncClient(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            client.headers["Authorization"] = a_token()
            yield client
        server.should_exit = True
        await serving


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


async def test_the_server_agrees_that_head_has_no_body(
    served: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await served.head("/v1/baskets")
    assert (answer.status_code, answer.content) == (200, b"")
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []


async def test_a_chunked_body_beyond_the_limit_is_too_large(served: AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b'"' + b"x" * 1000

    answer = await served.post("/v1/baskets", content=chunks())
    assert (answer.status_code, answer.json()["error"]) == (413, "content_too_large")


async def test_an_upload_arrives(served: AsyncClient) -> None:
    answer = await served.post("/v1/baskets/imports", files={"file": ("a.csv", b"ticker\nAAPL\n")})
    assert answer.json() == {"filename": "a.csv", "size": 12}
