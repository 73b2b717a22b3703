"""The shape of JSON, looked at before it is decoded: how deep it goes, and how long its numbers are.

Both are cheap to send and dear to read: decoders recurse per level, and a whole number takes the square of its digits.
"""

import re
from typing import Final

from api.problems import Problem

DEPTH_MAX: Final = 64
DIGITS_MAX: Final = 400
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""One that never ends reaches to the end: tried again from each quote, it would take the square of its length."""
_OTHERS: Final = bytes(set(range(256)) - set(b"[]{}"))
_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_DIGITS_ALIKE: Final = bytes.maketrans(b"123456789", b"000000000")
_TOO_LONG: Final = b"0" * (DIGITS_MAX + 1)
_PASSES: Final = 3
_OPENING: Final = b"["[0]


def refuse_excessive(body: bytes) -> None:
    """Raise Problem (400) for JSON that is nested too deeply or has too many digits in a row."""
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX and _is_deeper(body, DEPTH_MAX):
        raise Problem("bad_request", f"The body is nested more than {DEPTH_MAX} levels deep.")
    if len(body) > DIGITS_MAX and _TOO_LONG in body.translate(_DIGITS_ALIKE):
        raise Problem("bad_request", f"The body has more than {DIGITS_MAX} digits in a row.")


def _is_deeper(body: bytes, limit: int) -> bool:
    """Say whether brackets outside of strings open more than `limit` times; at most some 100 ms for 16 MB."""
    brackets = _STRING.sub(b"", body).translate(_ALIKE, _OTHERS)
    for _ in range(_PASSES):
        # The innermost pairs are most of them, and go fast; each pass takes one level off what is left.
        if b"[]" not in brackets:
            break
        brackets = brackets.replace(b"[]", b"")
        limit -= 1
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket == _OPENING else -1
        if depth > limit:
            return True
    return False
