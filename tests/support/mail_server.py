"""A mail server of the tests: it speaks as much SMTP as is needed to hand over a mail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class MailServer:
    """What was handed over, and what the server answers to a recipient."""

    port: int = 0
    answer_to_recipient: str = "250 ok"
    mails: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"smtp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client."""
        await self._say(writer, "220 mail.test")
        while line := (await reader.readline()).decode().strip():
            word = line.split(" ")[0].upper()
            if word == "DATA":
                await self._say(writer, "354 go on")
                self.mails.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                await self._say(writer, "250 taken")
            elif word == "QUIT":
                await self._say(writer, "221 bye")
                break
            else:
                await self._say(writer, self.answer_to_recipient if word == "RCPT" else "250 ok")
        writer.close()

    async def _say(self, writer: asyncio.StreamWriter, text: str) -> None:
        writer.write(f"{text}\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def a_mail_server() -> AsyncIterator[MailServer]:
    """Run a mail server on a free port."""
    mail_server = MailServer()
    server = await asyncio.start_server(mail_server.serve, "127.0.0.1", 0)
    mail_server.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mail_server
