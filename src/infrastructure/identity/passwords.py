"""Passwords: argon2id, a few at a time, and a judge of how easily one is guessed."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar
from unicodedata import normalize

from domain.errors import Unavailable

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB: Final = 47_104
PASSES: Final = 1
"""46 MiB and one pass, on one lane: the first of the settings that OWASP's password storage page recommends."""
AT_ONCE: Final = 2
"""Threads, each with that much memory; the event loop goes on beside them."""
LINE_MAX: Final = 40
"""How many may stay in line; at some 50 ms each the last one waits for a second."""
RETRY_SECONDS: Final = 2
JUDGED_CHARACTERS: Final = 24
"""Judging takes time by the square of the length, for each of hundreds of ways to read symbols as letters: seconds for
100 characters of symbols, a fifth of one for these. What comes after them makes no password weaker."""
SCORE_MIN: Final = 3

Result = TypeVar("Result")


class Argon2Passwords:
    """Hashes passwords with argon2id in threads of its own; argon2 is loaded by the first."""

    def __init__(
        self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES, line_max: int = LINE_MAX
    ) -> None:
        self._memory_kib, self._passes, self._line_max = memory_kib, passes, line_max
        self._in_line = 0
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Stay in line to have a password looked at; raises Unavailable where the line is too long."""
        if self._in_line >= self._line_max:
            raise Unavailable("Too many people sign in at this moment.", retry_after=RETRY_SECONDS)
        self._in_line += 1
        try:
            yield
        finally:
            self._in_line -= 1

    async def hash(self, password: str) -> str:
        """Return what is stored of a password."""
        return await self._aside(lambda: self._argon2.hash(_stable(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Say whether a password is the stored one; with None it is hashed for nothing, which takes as long."""
        if stored is None:
            await self.hash(password)
            return False
        return await self._aside(lambda: self._matches(stored, password))

    def outdated(self, stored: str) -> bool:
        """Say whether a hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(stored)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @cached_property
    def _argon2(self) -> "PasswordHasher":
        from argon2 import PasswordHasher  # nobody signs in while the process starts

        return PasswordHasher(time_cost=self._passes, memory_cost=self._memory_kib, parallelism=1)

    def _matches(self, stored: str, password: str) -> bool:
        from argon2.exceptions import Argon2Error, InvalidHashError

        try:
            return self._argon2.verify(stored, _stable(password))
        except (Argon2Error, InvalidHashError):
            return False

    async def _aside(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class ZxcvbnStrength:
    """Judges passwords with zxcvbn, which knows what people choose; it is loaded by the first.

    One at a time: it is Python from end to end, and several at once would leave little of it to everybody else.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="strength")

    async def guessable(self, password: str, about: Sequence[str]) -> str | None:
        """Return why the beginning of a password is easily guessed by who knows `about`; None where it is not."""
        judged = _stable(password)[:JUDGED_CHARACTERS]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _guessable, judged, _parts(about))


def _guessable(password: str, known: list[str]) -> str | None:
    from zxcvbn import zxcvbn

    judged = zxcvbn(password, user_inputs=known, max_length=JUDGED_CHARACTERS)
    if judged["score"] >= SCORE_MIN:
        return None
    warning = str(judged["feedback"]["warning"]).rstrip(".")
    return warning[:1].lower() + warning[1:] if warning else "few words, or words that people often choose"


def _parts(about: Sequence[str]) -> list[str]:
    """Return what describes a person, whole and in words: an address says a name, too."""
    words = [word for text in about for word in (text, *text.replace("@", " ").replace(".", " ").split())]
    return [*dict.fromkeys(word[:JUDGED_CHARACTERS] for word in words), "trimtab"]


def _stable(password: str) -> str:
    """Return a password in one form: keyboards differ in how they put letters with marks together."""
    return normalize("NFKC", password)
