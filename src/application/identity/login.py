"""Sign in with address and password."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from application.identity.addresses import email_key
from application.identity.ports import Attempt, Origin, Passwords, Sessions, SigningKeys, SignIns
from application.identity.refusals import NotAMember, SignInLocked, SignInRefused
from application.identity.signed_in import SignedIn, signed_in

WRONG_TRIES_MAX: Final = 10
"""Wrong passwords that (account, address) may try before it is locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Sign in to a tenant; None is the one that the person has belonged to longest."""

    email: str
    password: str
    tenant: str | None
    origin: Origin


async def login(
    command: Login,
    *,
    sign_ins: SignIns,
    passwords: Passwords,
    sessions: Sessions,
    signing_keys: SigningKeys,
    now: datetime,
) -> SignedIn:
    """Return the tokens of a new session; raises SignInRefused, SignInLocked, NotAMember and Unavailable."""
    signer = await signing_keys.signer()
    with passwords.turn():
        person = await verified(
            command.email, command.password, command.origin, sign_ins=sign_ins, passwords=passwords
        )
    session = await sessions.start(person, command.tenant, command.origin)
    if session is None:
        raise NotAMember(command.tenant)
    return signed_in(session, signer, now)


async def verified(
    email: str, password: str, origin: Origin, *, sign_ins: SignIns, passwords: Passwords
) -> UUID:
    """Return whose address and password they are; raises SignInRefused and SignInLocked.

    An address that nobody has takes the same steps as a wrong password, so that both take the same time. The
    password is not even looked at where the account is locked.
    """
    key = email_key(email)
    attempt = await sign_ins.attempt(key, origin)
    if attempt.wait_seconds is not None:
        raise SignInLocked(attempt.wait_seconds, tries=WRONG_TRIES_MAX)
    right = await passwords.verify(attempt.password_hash, password)
    if not right or attempt.person is None:
        await sign_ins.failed(key, attempt.person, origin)
        raise SignInRefused
    await _rehashed(attempt.person, attempt, password, sign_ins, passwords)
    return attempt.person


async def _rehashed(
    person: UUID, attempt: Attempt, password: str, sign_ins: SignIns, passwords: Passwords
) -> None:
    stored = attempt.password_hash
    if stored is not None and passwords.outdated(stored):
        await sign_ins.rehash(person, old=stored, new=await passwords.hash(password))
