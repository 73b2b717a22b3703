"""An application behind the real web server, and clients that know no manners."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from bootstrap.joined_writes import JoinedWrites
from bootstrap.unreadable import HttpProtocol


@asynccontextmanager
async def served(app: Any, protocol: type[JoinedWrites] = HttpProtocol) -> AsyncIterator[int]:
    """Serve an application with the protocol of the API process; yields the port."""
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0)
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


class RawClient:
    """A connection on which a test sends bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @property
    def port(self) -> int:
        """Where it is connected to."""
        return int(self._writer.get_extra_info("peername")[1])

    async def send(self, *pieces: bytes) -> None:
        """Send bytes; a server that has had enough of them is no surprise."""
        try:
            for piece in pieces:
                self._writer.write(piece)
                await self._writer.drain()
        except ConnectionError:
            pass

    async def head(self) -> tuple[int, dict[str, str]]:
        """Return status and headers of the next answer; status 0 where the connection ended instead."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0, {}
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines if line)
        return int(first.split()[1]), {name.lower(): value for name, _, value in pairs}

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return the next answer, whole."""
        status, headers = await self.head()
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return status, headers, body

    async def ended(self) -> bool:
        """Wait until the server closes the connection; return whether it said nothing more."""
        try:
            return await self._reader.read() == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def raw_client(port: int) -> AsyncIterator[RawClient]:
    """Connect to a server of this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()
