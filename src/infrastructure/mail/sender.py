"""Sends what is queued, in the background of each API process; each mail is taken by one of them."""

from email.message import EmailMessage
from email.utils import localtime
from typing import Any, Final, LiteralString, Protocol
from uuid import UUID

import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from application.identity.mails import Mail
from infrastructure.chore import Chore
from infrastructure.identity.sealing import SealBroken
from infrastructure.mail.queue import MailQueue
from infrastructure.postgres.away import said_as_unavailable

POLL_SECONDS: Final = 2.0
BATCH: Final = 10
LEASE_SECONDS: Final = 120
"""Who takes a mail has so long to send it; after that somebody else takes it, since the first one died."""
PAUSE_SECONDS: Final = 10
PAUSE_SECONDS_MAX: Final = 900
_TAKE: LiteralString = "select mail_id, sealed, tries from identity.take_mail(%s, make_interval(secs => %s))"
_SENT: LiteralString = "select identity.mail_sent(%s)"
_POSTPONE: LiteralString = "select identity.postpone_mail(%s, make_interval(secs => %s))"
_log = structlog.get_logger("trimtab.mail")


class NotDeliverable(Exception):
    """The mail was refused for good."""


class Delivery(Protocol):
    """Hands mail over to whoever brings it."""

    async def deliver(self, message: EmailMessage) -> None:
        """Hand over a mail; raises NotDeliverable, or OSError where another try may succeed."""


class MailSender(Chore):
    """Takes queued mail, hands it over and forgets it; what is not handed over is tried again.

    Closed in the middle of a mail, it leaves it to the queue unless it was handed over.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        queue: MailQueue,
        delivery: Delivery,
        *,
        sender: str,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._pool, self._queue, self._delivery = pool, queue, delivery
        self._sender = sender
        super().__init__("mail", self._send_batch, pause_seconds=poll_seconds)

    async def send_due(self) -> int:
        """Send what is due and return how many were taken; raises Unavailable."""
        taken = await self._rows(_TAKE, (BATCH, LEASE_SECONDS))
        for mail_id, sealed, tries in taken:
            await self._send(mail_id, sealed, tries)
        return len(taken)

    async def _send_batch(self) -> bool:
        return await self.send_due() == BATCH

    async def _send(self, mail_id: UUID, sealed: bytes, tries: int) -> None:
        # No address goes into the log, and no reason of a server, which may quote one.
        try:
            mail = self._queue.opened(mail_id, sealed)
            await self._delivery.deliver(self._message(mail_id, mail))
        except (SealBroken, NotDeliverable, ValueError) as failure:
            _log.warning("mail_dropped", mail=str(mail_id), reason=type(failure).__name__)
        except OSError as failure:
            pause = min(PAUSE_SECONDS * 2 ** min(tries, 10), PAUSE_SECONDS_MAX)
            _log.warning("mail_postponed", mail=str(mail_id), seconds=pause, reason=type(failure).__name__)
            await self._rows(_POSTPONE, (mail_id, pause))
            return
        await self._rows(_SENT, (mail_id,))

    def _message(self, mail_id: UUID, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = mail.recipient
        message["Subject"] = mail.subject
        message["Date"] = localtime()
        message["Message-ID"] = f"<{mail_id}@trimtab>"  # the same at every try: a second copy is known as one
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message

    async def _rows(self, query: LiteralString, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                return await (await connection.execute(query, values)).fetchall()
