import asyncio

from bootstrap.joined_writes import JoinedWrites, _Joined


class Recorder(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:  # type: ignore[override]
        assert not self.closed
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def test_head_and_body_leave_in_one_write() -> None:
    transport = Recorder()
    joined = _Joined(transport, asyncio.get_running_loop())
    joined.write(b"head")
    joined.write(b"body")
    await asyncio.sleep(0)
    joined.write(b"next")
    await asyncio.sleep(0)
    assert transport.sent == [b"headbody", b"next"]


async def test_what_waits_is_sent_before_the_connection_closes() -> None:
    transport = Recorder()
    joined = _Joined(transport, asyncio.get_running_loop())
    joined.write(b"last")
    joined.close()
    await asyncio.sleep(0)
    assert transport.sent == [b"last"]
    assert joined.is_closing()


async def test_a_large_answer_arrives_whole_and_the_connection_lives_on() -> None:
    import uvicorn

    async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        assert scope["type"] == "http"
        length = str(3 * 1_000_000).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        for piece in range(3):
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": piece < 2})

    config = uvicorn.Config(app, port=0, http=JoinedWrites, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(3_000_000) == b"x" * 3_000_000
    writer.close()
    server.should_exit = True
    await serving
