"""What signing in stands on: persons, sessions, passwords and tokens, each behind a protocol."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from application.credentials import Grant
from application.identity.mails import Mail
from application.identity.roles import Role

RefreshOutcome = Literal["rotated", "unknown", "expired", "ended", "removed", "reused", "late"]
"""`late` is the second of two that came at the same time, `reused` a used token that came again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a request comes from: the peer's address and what its client calls itself."""

    address: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an account."""

    id: UUID
    email: str
    first_name: str
    last_name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody who registers; `email_key` tells addresses apart."""

    email: str
    email_key: str
    first_name: str
    last_name: str
    password_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A new person and the tenant made for them."""

    person: Person
    tenant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A tenant that somebody belongs to, and as what."""

    tenant: str
    name: str | None
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A try to sign in that has begun.

    `wait_seconds` is how long (account, address) stays locked, None where it is not. `person` and `password_hash`
    are None for an address that nobody here has.
    """

    wait_seconds: int | None
    person: UUID | None
    password_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """Somebody who is signed in, with the one refresh token that counts now."""

    id: UUID
    person: UUID
    tenant: str
    role: Role
    refresh_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What became of a refresh token; `session` where it was exchanged for the next."""

    outcome: RefreshOutcome
    session: OpenSession | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A session as its owner sees it."""

    id: UUID
    tenant: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    address: str | None
    agent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """Whether tokens of a session count now, and as what its person belongs to the tenant."""

    active: bool
    role: Role | None


class Persons(Protocol):
    """Keeps persons and knows where they belong."""

    async def register(self, newcomer: Newcomer, origin: Origin) -> Registered | None:
        """Keep somebody new with a tenant of their own; None where the address is taken."""

    async def find(self, email_key: str) -> Person | None:
        """Return whose address it is."""

    async def person(self, person: UUID) -> Person | None:
        """Return a person."""

    async def memberships(self, person: UUID) -> list[Membership]:
        """Return the tenants a person belongs to, the oldest membership first."""

    async def rename(self, person: UUID, *, first_name: str | None, last_name: str | None) -> None:
        """Change a person's names; None leaves one as it is."""


class SignIns(Protocol):
    """Counts tries to sign in, and keeps passwords."""

    async def attempt(self, email_key: str, origin: Origin) -> Attempt:
        """Begin a try; it counts as a wrong one until a session starts."""

    async def failed(self, email_key: str, person: UUID | None, origin: Origin) -> None:
        """Note that a try was wrong."""

    async def forgive(self, email_key: str, origin: Origin) -> None:
        """Forget the tries of this account from this address."""

    async def rehash(self, person: UUID, *, old: str, new: str) -> None:
        """Keep the same password under another hash, unless it changed meanwhile."""

    async def change_password(
        self, person: UUID, password_hash: str, *, session: UUID, tenant: str, notice: Mail, origin: Origin
    ) -> None:
        """Keep a new password, end the person's other sessions and queue the notice."""


class Sessions(Protocol):
    """Starts, continues and ends sessions."""

    async def start(self, person: UUID, tenant: str | None, origin: Origin) -> OpenSession | None:
        """Sign somebody in; None where they do not belong to the tenant."""

    async def refresh(self, token: str, origin: Origin) -> Refreshed:
        """Exchange a refresh token for the next; a used one ends its session."""

    async def end(self, person: UUID, session: UUID, *, reason: str, origin: Origin) -> bool:
        """End a session of a person; False where they have none such."""

    async def end_by_token(self, token: str, origin: Origin) -> bool:
        """End the session of a refresh token; False where there is none."""

    async def end_all(self, person: UUID, origin: Origin) -> None:
        """End every session of a person."""

    async def of_person(self, person: UUID, *, limit: int, offset: int) -> tuple[list[SessionRecord], int]:
        """Return a page of a person's sessions that have not ended, the latest used first, and how many there are."""

    async def switch(self, person: UUID, session: UUID, tenant: str) -> Role | None:
        """Let a session's next tokens be for another tenant of the person; None where they do not belong to it."""


class SessionStates(Protocol):
    """Tells whether a session's tokens count; an answer may be five seconds old."""

    async def state(self, session: UUID, tenant: str) -> SessionState:
        """Return how a session stands towards a tenant; raises Unavailable."""


class Passwords(Protocol):
    """Hashes passwords, a few at a time."""

    def turn(self) -> AbstractContextManager[None]:
        """Stay in line to have a password looked at; raises Unavailable where the line is too long."""

    async def hash(self, password: str) -> str:
        """Return what is stored of a password."""

    async def verify(self, stored: str | None, password: str) -> bool:
        """Say whether a password is the stored one; with None it takes as long and is not."""

    def outdated(self, stored: str) -> bool:
        """Say whether a hash was made with lower parameters than today's."""


class Strength(Protocol):
    """Judges passwords."""

    async def guessable(self, password: str, about: Sequence[str]) -> str | None:
        """Return why a password is easily guessed by who knows `about`; None where it is not."""


class Resets(Protocol):
    """Lets people back in who have forgotten their password."""

    async def request(self, person: Person | None, compose: Callable[[str], Mail]) -> None:
        """Queue the mail with a new token; for None as much is done, and no mail is sent."""

    async def find(self, token: str) -> Person | None:
        """Return whom a token lets in; None where it is unknown, used or too old."""

    async def use(self, token: str, password_hash: str, notice: Mail, origin: Origin) -> bool:
        """Keep the new password, end all sessions and queue the notice; False where the token counts no more."""


class Signer(Protocol):
    """Signs access tokens with the newest key."""

    def access_token(self, *, person: UUID, session: UUID, tenant: str, role: Role, now: datetime) -> str:
        """Return a token that is valid from `now` on."""


class AccessTokens(Protocol):
    """Verifies access tokens of people who signed in."""

    def is_ours(self, token: str) -> bool:
        """Say whether a token claims to be one of these."""

    async def verify(self, token: str) -> Grant:
        """Return what the token grants now; raises CredentialRefused and Unavailable."""


class SigningKeys(Protocol):
    """The keys that access tokens are signed with."""

    async def signer(self) -> Signer:
        """Return what signs, making a key where there is none or it is too old; raises Unavailable."""

    async def public_keys(self) -> list[dict[str, str]]:
        """Return the public halves, as JSON Web Keys, of all keys that verify."""
