import asyncio

from tests.bench.load import Load, run

ANSWER = b"HTTP/1.1 %d OK\r\nContent-Length: 5\r\n\r\n"


class Server:
    """Answers every request, head and body apart, as a slow network would bring them."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[bytes] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            self.requests.append(head)
            writer.write(ANSWER % self.status)
            await writer.drain()
            writer.write(b"hello")
        writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def answered(server: Server, **given):  # type: ignore[no-untyped-def]
    listening = await asyncio.start_server(server.answer, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    load = Load(port=port, method="GET", path="/x", headers={"A": "b"}, connections=3, **given)
    found = await run(load)
    listening.close()
    return found


async def test_answers_are_counted_once_they_are_complete() -> None:
    server = Server()
    found = await answered(server, warm_up=0.0, seconds=0.1)
    assert found.failed == 0
    assert 0 < found.per_second * 0.1 <= len(server.requests)
    assert 0 < found.p50 <= found.p99
    assert server.requests[0].startswith(b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nA: b\r\n" in server.requests[0]


async def test_another_status_than_expected_is_a_failure_and_no_answer() -> None:
    server = Server(500)
    found = await answered(server, warm_up=0.0, seconds=0.05)
    assert found.failed > 0
    assert found.per_second == 0


def test_a_body_comes_with_its_length() -> None:
    load = Load(port=80, method="POST", path="/", headers={}, body="é")
    assert load.request().endswith(b"Content-Length: 2\r\n\r\n\xc3\xa9")
