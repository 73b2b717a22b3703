"""Make an account."""

from dataclasses import dataclass
from enum import StrEnum

from application.identity.addresses import email_key, email_violation
from application.identity.new_password import password_violations
from application.identity.ports import Newcomer, Origin, Passwords, Persons, Registered, Strength
from application.identity.refusals import RegistrationClosed
from domain.errors import Conflict, Refused, Violation


class Registration(StrEnum):
    """Who may make an account: anybody, or who was invited."""

    OPEN = "open"
    INVITED = "invited"


class AddressTaken(Conflict):
    """There is an account with this address already."""

    def __init__(self) -> None:
        super().__init__("There is an account with this e-mail address.", field="email")


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Make an account, and a tenant for it."""

    email: str
    password: str
    first_name: str
    last_name: str
    origin: Origin


async def register(
    command: Register,
    *,
    registration: Registration,
    persons: Persons,
    passwords: Passwords,
    strength: Strength,
) -> Registered:
    """Return who is new; raises RegistrationClosed, Refused and AddressTaken."""
    if registration is not Registration.OPEN:
        raise RegistrationClosed
    with passwords.turn():
        await _refuse_wrong(command, strength)
        newcomer = Newcomer(
            email=command.email,
            email_key=email_key(command.email),
            first_name=command.first_name,
            last_name=command.last_name,
            password_hash=await passwords.hash(command.password),
        )
    registered = await persons.register(newcomer, command.origin)
    if registered is None:
        raise AddressTaken
    return registered


async def _refuse_wrong(command: Register, strength: Strength) -> None:
    about = (command.email, command.first_name, command.last_name)
    violations: list[Violation] = [*filter(None, [email_violation(command.email)])]
    violations += await password_violations(command.password, about, strength=strength)
    if violations:
        raise Refused(_sentence(violations), violations=violations)


def _sentence(violations: list[Violation]) -> str:
    return (
        violations[0].detail if len(violations) == 1 else "The e-mail address and the password were refused."
    )
