"""What accounts and sessions work with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from application.identity.mails import Addresses
from application.identity.register import Registration
from bootstrap.settings import Settings
from infrastructure.embedded.private_files import control_folder
from infrastructure.identity.own_tokens import OwnTokens
from infrastructure.identity.passwords import Argon2Passwords, ZxcvbnStrength
from infrastructure.identity.persons import PostgresPersons
from infrastructure.identity.pruning import Pruner
from infrastructure.identity.resets import PostgresResets
from infrastructure.identity.session_states import PostgresSessionStates
from infrastructure.identity.sessions import PostgresSessions
from infrastructure.identity.sign_ins import PostgresSignIns
from infrastructure.identity.signing_keys import PostgresSigningKeys
from infrastructure.mail.outbox import FileOutbox
from infrastructure.mail.queue import MailQueue
from infrastructure.mail.sender import Delivery, MailSender

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

OUTBOX = "outbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Everything about accounts in one process; `start` and `close` frame its work in the background."""

    services: Mapping[str, object]
    tokens: OwnTokens
    passwords: Argon2Passwords
    mail: MailSender
    pruner: Pruner

    async def start(self) -> None:
        """Begin to send mail and to prune."""
        await self.mail.start()
        await self.pruner.start()

    async def close(self) -> None:
        """Stop both, and the threads that hash."""
        await self.pruner.close()
        await self.mail.close()
        self.passwords.close()


def identity(settings: Settings, connections: "AsyncConnectionPool[Any]") -> Identity:
    """Put accounts and sessions together; the services go by the names under which endpoints ask for them."""
    secret = settings.signing_secret()
    states = PostgresSessionStates(connections)
    keys = PostgresSigningKeys(connections, secret, rotate_after=settings.signing_key_rotation)
    mail, passwords = MailQueue(secret), Argon2Passwords()
    tokens = OwnTokens(keys, states)
    services = {
        "registration": settings.registration,
        "session_lifetime": settings.session_ttl,
        "mail_addresses": Addresses(
            api=(settings.public_url or "").rstrip("/"), reset_page=settings.password_reset_url
        ),
        "persons": PostgresPersons(connections),
        "sign_ins": PostgresSignIns(connections, mail),
        "sessions": PostgresSessions(
            connections,
            lifetime=settings.session_ttl,
            forget=states.forget,
            own_tenants=settings.registration is Registration.OPEN,
        ),
        "resets": PostgresResets(connections, mail),
        "passwords": passwords,
        "password_strength": ZxcvbnStrength(),
        "signing_keys": keys,
        "access_tokens": tokens,
    }
    return Identity(
        services=services,
        tokens=tokens,
        passwords=passwords,
        mail=MailSender(connections, mail, delivery(settings), sender=settings.mail_from),
        pruner=Pruner(connections),
    )


def delivery(settings: Settings) -> Delivery:
    """Return where mail goes: to a mail server, or into files."""
    if settings.smtp_url is None:
        return FileOutbox(control_folder(settings.home) / OUTBOX)
    from infrastructure.mail.smtp import SmtpDelivery  # the library is loaded only where there is a server

    return SmtpDelivery(settings.smtp_url)
