"""A load generator in a process of its own: keep-alive connections that send one request after the other.

Reads a `Load` as JSON from standard input and writes what came of it to standard output.
"""

import asyncio
import json
import sys
import time
from typing import Any

import msgspec
import uvloop
from tests.bench.measuring import percentile

HEAD_END = b"\r\n\r\n"


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What to send; `warm_up` and `seconds` are durations, `expected` the status of a good answer."""

    port: int
    method: str
    path: str
    headers: dict[str, str]
    body: str = ""
    connections: int = 64
    warm_up: float = 0.5
    seconds: float = 3.0
    expected: int = 200

    def request(self) -> bytes:
        """The request as it goes over the wire."""
        body = self.body.encode()
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + HEAD_END + body


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """Answers within the measured time, per second, and how long they took (seconds)."""

    per_second: float
    p50: float
    p99: float
    failed: int


class Connection(asyncio.Protocol):
    """Sends its request again as soon as the answer is complete."""

    def __init__(self, request: bytes, expected: bytes, tally: "Tally") -> None:
        self._request, self._expected, self._tally = request, expected, tally
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._tally.over:
            self._tally.failed += 1

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer = self._buffer + data
        end = buffer.find(HEAD_END)
        if end < 0:
            return
        at = buffer.lower().find(b"content-length: ", 0, end)
        length = int(buffer[at + 16 : buffer.find(b"\r\n", at)]) if at >= 0 else 0
        if len(buffer) < end + 4 + length:
            return
        self._tally.count(time.perf_counter() - self._sent, ok=buffer[9:12] == self._expected)
        self._buffer = b""
        if self._tally.over:
            self._transport.close()
        else:
            self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)


class Tally:
    """Counts answers while the clock runs."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.failed = 0
        self.running = self.over = False

    def count(self, seconds: float, *, ok: bool) -> None:
        """Take in one answer."""
        if not ok:
            self.failed += 1
        elif self.running:
            self.times.append(seconds)


async def run(load: Load) -> Answered:
    """Send the load and return what came back."""
    loop, tally = asyncio.get_running_loop(), Tally()
    request, expected = load.request(), str(load.expected).encode()
    opened = [
        await loop.create_connection(lambda: Connection(request, expected, tally), "127.0.0.1", load.port)
        for _ in range(load.connections)
    ]
    await asyncio.sleep(load.warm_up)
    tally.running, started = True, time.perf_counter()
    await asyncio.sleep(load.seconds)
    tally.running, elapsed = False, time.perf_counter() - started
    tally.over = True
    await asyncio.sleep(0.2)
    for transport, _ in opened:
        transport.abort()
    times = tally.times
    return Answered(
        per_second=len(times) / elapsed,
        p50=percentile(times, 0.5) if times else 0.0,
        p99=percentile(times, 0.99) if times else 0.0,
        failed=tally.failed,
    )


def main() -> None:
    """Serve one order."""
    load = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    answered = uvloop.run(run(load))
    sys.stdout.write(json.dumps(msgspec.to_builtins(answered)))


if __name__ == "__main__":
    main()
