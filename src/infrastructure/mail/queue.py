"""Mail waiting in PostgreSQL, sealed: it may hold what lets somebody in."""

from datetime import timedelta
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

import msgspec
from psycopg import AsyncConnection

from application.identity.mails import Mail
from infrastructure.identity.sealing import Seal

NOTICE_LIFETIME: Final = timedelta(days=3)
"""How long it is tried to send a mail that holds no token of a shorter life."""
_QUEUE: LiteralString = "select identity.queue_mail(%s, %s, %s, %s)"


class MailQueue:
    """Queues mail in the transaction of what it tells of, so that neither is there without the other."""

    def __init__(self, secret: str) -> None:
        self._seal = Seal(secret, b"mail")

    async def queue(
        self,
        connection: AsyncConnection[Any],
        mail: Mail,
        *,
        person: UUID | None = None,
        lifetime: timedelta = NOTICE_LIFETIME,
    ) -> None:
        """Queue a mail on the caller's transaction; it goes away with `person`, and unsent after `lifetime`."""
        mail_id, sealed = self.sealed(mail)
        await connection.execute(_QUEUE, (mail_id, person, sealed, lifetime))

    def sealed(self, mail: Mail) -> tuple[UUID, bytes]:
        """Return a new id, and the mail as it is stored under it."""
        mail_id = uuid4()
        return mail_id, self._seal.seal(msgspec.json.encode(mail), bound_to=mail_id.bytes)

    def opened(self, mail_id: UUID, sealed: bytes) -> Mail:
        """Return a stored mail; raises SealBroken where the installation's secret has changed since."""
        return msgspec.json.decode(self._seal.open(sealed, bound_to=mail_id.bytes), type=Mail)
