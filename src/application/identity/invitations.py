"""Invitations: an address is asked to join a tenant, and whoever has its token accepts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from application.caller import Caller
from application.identity.addresses import email_key, email_violation
from application.identity.keys import require_rights
from application.identity.login import verified
from application.identity.mails import Mail
from application.identity.new_password import password_violations
from application.identity.ports import Newcomer, Origin, Passwords, Persons, SignIns, Strength
from application.identity.roles import ROLE_SCOPES, Role
from application.ledger import Remember, forget
from domain.errors import Conflict, Forbidden, NotFound, Refused, Violation

LIFETIME: Final = timedelta(days=7)
OPEN_MAX: Final = 100
"""Invitations of one tenant that nobody has accepted yet."""
PER_DAY_MAX: Final = 200
"""Invitations of one tenant in 24 hours, withdrawn and replaced ones included: each is a mail to whoever was named."""


class InvitationNotFound(NotFound):
    """The tenant has no such invitation, or the token opens none any more."""

    def __init__(self) -> None:
        super().__init__("There is no such invitation; it may have been used, withdrawn, or be too old.")


class InvitedAlready(Conflict):
    """Whoever has the address is a member."""

    def __init__(self) -> None:
        super().__init__("Somebody with this address is a member already.", field="email")


class TooManyInvitations(Conflict):
    """Too many invitations are open."""

    def __init__(self) -> None:
        super().__init__(
            f"There are {OPEN_MAX} open invitations; withdraw some, or wait until they are used."
        )


class InvitedTooOften(Conflict):
    """Mail to people who never asked for it has to end somewhere."""

    def __init__(self) -> None:
        super().__init__(f"There were {PER_DAY_MAX} invitations in the last 24 hours; go on tomorrow.")


class NotForYou(Forbidden):
    """The invitation is for another address."""

    def __init__(self) -> None:
        super().__init__("The invitation is for another address.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation that nobody has accepted yet."""

    id: UUID
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvitation:
    """An invitation that was just made, with the token that accepts it, which nobody can read again."""

    invitation: Invitation
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """What a token is for."""

    tenant: str
    email: str
    email_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A membership that an invitation led to."""

    tenant: str
    tenant_name: str | None
    person: UUID
    role: Role


class Compose(Protocol):
    """Writes the mail to somebody who is invited."""

    def __call__(self, *, recipient: str, tenant_name: str | None, token: str) -> Mail:
        """Return the mail."""


class Invitations(Protocol):
    """Keeps invitations; what changes them is noted in the trail in the same transaction."""

    async def page(self, tenant: str, *, limit: int, offset: int) -> tuple[list[Invitation], int]:
        """Return open invitations, the newest first, and how many there are."""

    async def one(self, tenant: str, invitation: UUID) -> Invitation | None:
        """Return an open invitation, or None."""

    async def add(
        self, caller: Caller, *, email: str, email_key: str, role: Role, remember: Remember[NewInvitation]
    ) -> NewInvitation:
        """Invite an address and queue the mail; an earlier invitation of it ends.

        Raises InvitedAlready, TooManyInvitations and InvitedTooOften.
        """

    async def withdraw(self, caller: Caller, invitation: UUID) -> bool:
        """End an invitation; False where there was none to end."""

    async def find(self, token: str) -> Invited | None:
        """Return what a token is for, or None where it opens nothing any more."""

    async def accept(self, token: str, person: UUID, origin: Origin) -> Joined | None:
        """Make a person a member; None where the invitation is not theirs, or no more."""

    async def join(self, token: str, newcomer: Newcomer, origin: Origin) -> Joined | None:
        """Make an account and a member of it; None where the address is taken, or the invitation no more."""


async def invite(
    caller: Caller,
    email: str,
    role: Role,
    *,
    invitations: Invitations,
    remember: Remember[NewInvitation] = forget,
) -> NewInvitation:
    """Invite an address; nobody gives away rights that the credential lacks.

    Raises Refused, RightsLacking, InvitedAlready, TooManyInvitations and InvitedTooOften.
    """
    if (wrong := email_violation(email)) is not None:
        raise Refused(wrong.detail, violations=[wrong])
    require_rights(caller, ROLE_SCOPES[role])
    return await invitations.add(
        caller, email=email, email_key=email_key(email), role=role, remember=remember
    )


async def withdraw(caller: Caller, invitation: UUID, *, invitations: Invitations) -> None:
    """End an invitation; raises InvitationNotFound."""
    if not await invitations.withdraw(caller, invitation):
        raise InvitationNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptInvitation:
    """An invitation accepted: by who is signed in (`person`), or with the password of an account, old or new.

    `email` may be said and must then be the invited one; the names are for a new account.
    """

    token: str
    origin: Origin
    person: UUID | None = None
    email: str | None = None
    password: str | None = None
    first_name: str | None = None
    last_name: str | None = None


async def accept_invitation(
    command: AcceptInvitation,
    *,
    invitations: Invitations,
    persons: Persons,
    sign_ins: SignIns,
    passwords: Passwords,
    strength: Strength,
) -> Joined:
    """Make somebody a member.

    Raises InvitationNotFound, NotForYou, Refused for what a new account lacks, and SignInRefused and SignInLocked
    where the account exists and the password is not its own.
    """
    invited = await invitations.find(command.token)
    if invited is None:
        raise InvitationNotFound
    if command.email is not None and email_key(command.email) != invited.email_key:
        raise NotForYou
    if command.person is not None:
        return await _accepted(command, command.person, invitations)
    if await persons.find(invited.email_key) is None:
        return await _newly_joined(command, invited, invitations, passwords, strength)
    if command.password is None:
        raise Refused("Sign in, or send the password of your account.", violations=_missing(["password"]))
    with passwords.turn():
        person = await verified(
            invited.email, command.password, command.origin, sign_ins=sign_ins, passwords=passwords
        )
    await sign_ins.forgive(invited.email_key, command.origin)
    return await _accepted(command, person, invitations)


async def _accepted(command: AcceptInvitation, person: UUID, invitations: Invitations) -> Joined:
    joined = await invitations.accept(command.token, person, command.origin)
    if joined is None:  # it may have been used, or withdrawn, since it was looked at
        raise InvitationNotFound if await invitations.find(command.token) is None else NotForYou
    return joined


async def _newly_joined(
    command: AcceptInvitation,
    invited: Invited,
    invitations: Invitations,
    passwords: Passwords,
    strength: Strength,
) -> Joined:
    first, last, password = command.first_name, command.last_name, command.password
    if first is None or last is None or password is None:
        said = {"password": password, "first_name": first, "last_name": last}
        lacking = _missing(name for name, value in said.items() if value is None)
        raise Refused("A new account needs a password and names.", violations=lacking)
    with passwords.turn():
        wrong = await password_violations(password, (invited.email, first, last), strength=strength)
        if wrong:
            raise Refused(wrong[0].detail, violations=wrong)
        hashed = await passwords.hash(password)
    newcomer = Newcomer(
        email=invited.email,
        email_key=invited.email_key,
        first_name=first,
        last_name=last,
        password_hash=hashed,
    )
    joined = await invitations.join(command.token, newcomer, command.origin)
    if joined is None:
        raise Conflict("The invitation was used, or the address got an account, at this very moment.")
    return joined


def _missing(names: Iterable[str]) -> list[Violation]:
    return [Violation(name, "missing", f"`{name}` is required") for name in names]
