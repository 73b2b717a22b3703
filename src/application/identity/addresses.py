"""E-mail addresses: which texts may be one, and when two are the same."""

import re
from typing import Final
from unicodedata import normalize

from domain.errors import Violation

LENGTH_MAX: Final = 254
_SIDE: Final = r"""[^\s\x00-\x1f\x7f-\x9f@,;:<>()\[\]"\\]+"""
"""What stands before and after the sign; what has a meaning of its own in the header of a mail is left out."""
_ADDRESS: Final = re.compile(f"{_SIDE}@{_SIDE}")
_ENCODED: Final = "=?"
"""How an encoded word (RFC 2047) begins: whoever reads the header decodes it, commas and other addresses included."""


def email_key(email: str) -> str:
    """Return what two spellings of one address have in common: upper and lower case, and forms of the same letter."""
    return normalize("NFKC", normalize("NFKC", email).casefold())


def email_violation(email: str, *, field: str = "email") -> Violation | None:
    """Return what keeps a text from being an address; whether mail arrives there, only mail can tell."""
    key = email_key(email)
    if max(len(email), len(key)) > LENGTH_MAX:
        return Violation(field, "length", f"`{field}` has more than {LENGTH_MAX} characters")
    if _ADDRESS.fullmatch(email) is None or _ADDRESS.fullmatch(key) is None or _ENCODED in key:
        return Violation(field, "malformed", f"`{field}` is no address such as ann@example.com")
    return None
