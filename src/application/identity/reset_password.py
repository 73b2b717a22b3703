"""Choose a new password without the old one, by mail."""

from dataclasses import dataclass

from application.identity.addresses import email_key
from application.identity.mails import Addresses, Mail, password_changed_mail, reset_mail
from application.identity.new_password import password_violations
from application.identity.ports import Origin, Passwords, Persons, Resets, Strength
from domain.errors import Refused, Violation


async def forgot_password(email: str, *, addresses: Addresses, persons: Persons, resets: Resets) -> None:
    """Queue the mail that lets somebody in again.

    Whether anybody has the address is neither told nor to be measured: the same is done for an unknown one.
    """
    person = await persons.find(email_key(email))
    recipient, first_name = (person.email, person.first_name) if person else (email, "")

    def compose(token: str) -> Mail:
        return reset_mail(recipient, first_name, token, addresses)

    await resets.request(person, compose)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPassword:
    """Choose a new password with the token of a mail; all sessions end."""

    token: str
    new_password: str
    origin: Origin


async def reset_password(
    command: ResetPassword, *, resets: Resets, passwords: Passwords, strength: Strength
) -> None:
    """Keep the new password; raises Refused where the password is weak or the token counts no more."""
    person = await resets.find(command.token)
    about = (person.email, person.first_name, person.last_name) if person else ()
    with passwords.turn():
        violations = [*_wrong_token()] if person is None else []
        violations += await password_violations(
            command.new_password, about, strength=strength, field="new_password"
        )
        if person is None or violations:
            raise Refused(violations[0].detail, violations=violations)
        password_hash = await passwords.hash(command.new_password)
    notice = password_changed_mail(person.email, person.first_name)
    if not await resets.use(command.token, password_hash, notice, command.origin):
        found = _wrong_token()
        raise Refused(found[0].detail, violations=found)


def _wrong_token() -> tuple[Violation]:
    return (Violation("token", "unknown_token", "`token` is unknown, was used, or is older than an hour"),)
