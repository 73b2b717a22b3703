"""The `Prefer` header (RFC 7240): how a client wants its answer."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_WAIT: Final = re.compile(r"wait\s*=\s*\"?(\d{1,6})\"?")


@dataclass(frozen=True, slots=True)
class Preferences:
    """`respond_async` answers before the read models show a write; `wait` is seconds to wait at most."""

    respond_async: bool = False
    wait: int | None = None


NO_PREFERENCES: Final = Preferences()


@lru_cache(256)
def preferences(header: str | None) -> Preferences:
    """Read a Prefer header; what is unknown or malformed is ignored, and the first of a kind counts."""
    if not header:
        return NO_PREFERENCES
    tokens = [token.split(";", 1)[0].strip().lower() for token in header.split(",")]
    waits = [int(match[1]) for match in map(_WAIT.fullmatch, tokens) if match]
    return Preferences(respond_async="respond-async" in tokens, wait=waits[0] if waits else None)
