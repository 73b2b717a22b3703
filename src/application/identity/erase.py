"""Erase a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from application.identity.addresses import email_key
from application.identity.login import verified
from application.identity.ports import Origin, Passwords, Persons, SignIns
from application.identity.refusals import PersonNotFound, SignInRefused
from domain.errors import Conflict, Refused, Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePerson:
    """Erase who is signed in; the password is asked for again."""

    person: UUID
    password: str
    origin: Origin


class LastOwner(Conflict):
    """Tenants with other members would be left without an owner."""

    def __init__(self, tenants: Sequence[str]) -> None:
        named = ", ".join(tenants)
        super().__init__(f"You are the only owner of {named}: make another member an owner first.")


class Erasure(Protocol):
    """Erases persons."""

    async def erase(self, person: UUID) -> Sequence[str] | None:
        """Erase a person, or say which tenants stand in the way; None where there is no such person."""


async def erase_person(
    command: ErasePerson, *, persons: Persons, sign_ins: SignIns, passwords: Passwords, erasure: Erasure
) -> None:
    """Remove everything that tells who the person was.

    What stays is an id: the events and the trail say that somebody did something, and nobody can say who.

    Raises Refused for a wrong password, which counts like one of signing in; SignInLocked, LastOwner, PersonNotFound.
    """
    person = await persons.person(command.person)
    if person is None:
        raise PersonNotFound
    try:
        with passwords.turn():
            await verified(
                person.email, command.password, command.origin, sign_ins=sign_ins, passwords=passwords
            )
    except SignInRefused:
        wrong = Violation("password", "wrong", "`password` is wrong")
        raise Refused(wrong.detail, violations=(wrong,)) from None
    await sign_ins.forgive(email_key(person.email), command.origin)
    kept = await erasure.erase(person.id)
    if kept is None:
        raise PersonNotFound
    if kept:
        raise LastOwner(kept)
