"""Change one's password."""

from dataclasses import dataclass
from uuid import UUID

from application.identity.addresses import email_key
from application.identity.login import verified
from application.identity.mails import password_changed_mail
from application.identity.new_password import password_violations
from application.identity.ports import Origin, Passwords, Person, Persons, SignIns, Strength
from application.identity.refusals import PersonNotFound, SignInRefused
from domain.errors import Refused, Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """Change the password of who is signed in; their other sessions end."""

    person: UUID
    session: UUID
    tenant: str
    current_password: str
    new_password: str
    origin: Origin


async def change_password(
    command: ChangePassword, *, persons: Persons, sign_ins: SignIns, passwords: Passwords, strength: Strength
) -> None:
    """Keep the new password; raises Refused, SignInLocked and PersonNotFound.

    Wrong current passwords count like those of signing in: a stolen token must not serve to guess at leisure.
    """
    person = await persons.person(command.person)
    if person is None:
        raise PersonNotFound
    with passwords.turn():
        violations = await _violations(command, person, sign_ins, passwords, strength)
        if violations:
            raise Refused(violations[0].detail, violations=violations)
        password_hash = await passwords.hash(command.new_password)
    await sign_ins.change_password(
        command.person,
        password_hash,
        session=command.session,
        tenant=command.tenant,
        notice=password_changed_mail(person.email, person.first_name),
        origin=command.origin,
    )


async def _violations(
    command: ChangePassword, person: Person, sign_ins: SignIns, passwords: Passwords, strength: Strength
) -> list[Violation]:
    found = []
    try:
        await verified(
            person.email, command.current_password, command.origin, sign_ins=sign_ins, passwords=passwords
        )
        await sign_ins.forgive(email_key(person.email), command.origin)
    except SignInRefused:
        found.append(Violation("current_password", "wrong", "`current_password` is wrong"))
    about = (person.email, person.first_name, person.last_name)
    found += await password_violations(command.new_password, about, strength=strength, field="new_password")
    return found
