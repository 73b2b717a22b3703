"""A line to a server that can be cut, so that a test says when the server is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit


class CutLine:
    """Passes bytes on between clients and a server; `attempts` counts the connections that were tried."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0
        self.attempts = 0
        self.silent = False
        self._answering = asyncio.Event()
        self._answering.set()

    @property
    def url(self) -> str:
        """The server's URL through this line."""
        password = f":{self._target.password}@" if self._target.password else ""
        return urlunsplit(self._target._replace(netloc=f"{password}127.0.0.1:{self._port}"))

    async def join(self) -> None:
        """Let clients through."""
        self.silent = False
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Hang up on everybody and take no more calls."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()

    def fall_silent(self) -> None:
        """Take calls and everything that is said, and answer nothing."""
        self.silent = True

    def hold_answers(self) -> None:
        """Pass on what clients say, and keep what the server answers until `release_answers`."""
        self._answering.clear()

    def release_answers(self) -> None:
        """Let answers through."""
        self._answering.set()

    async def hang_up(self) -> None:
        """End the connections there are, and take new ones."""
        await self.cut()
        await self.join()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.attempts += 1
        there = await asyncio.open_connection(self._target.hostname, self._target.port or 6379)
        self._writers |= {writer, there[1]}
        with suppress(OSError):
            await asyncio.gather(self._pass_on(reader, there[1]), self._answer(there[0], writer))
        self._writers -= {writer, there[1]}

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self._answering.wait()
                writer.write(data)
        writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if not self.silent:
                    writer.write(data)
        writer.close()


@asynccontextmanager
async def a_line_to(target: str) -> AsyncIterator[CutLine]:
    """A line to a server, joined."""
    line = CutLine(target)
    await line.join()
    yield line
    await line.cut()
