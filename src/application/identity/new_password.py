"""What a new password has to be."""

from collections.abc import Sequence
from typing import Final

from application.identity.ports import Strength
from domain.errors import Violation

CHARACTERS_MIN: Final = 10
BYTES_MAX: Final = 1_024


async def password_violations(
    password: str, about: Sequence[str], *, strength: Strength, field: str = "password"
) -> tuple[Violation, ...]:
    """Return what is wrong with a new password of somebody whom `about` describes: address and names.

    Too short is not looked at further; too long neither, since judging takes time by the square of the length.
    """
    if len(password) < CHARACTERS_MIN:
        return (Violation(field, "length", f"`{field}` needs at least {CHARACTERS_MIN} characters"),)
    if len(password.encode()) > BYTES_MAX:
        return (Violation(field, "length", f"`{field}` has more than {BYTES_MAX} bytes"),)
    reason = await strength.guessable(password, about)
    return (
        () if reason is None else (Violation(field, "guessable", f"`{field}` is easily guessed: {reason}"),)
    )
