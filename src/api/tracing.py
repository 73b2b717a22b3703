"""Request ids and W3C trace context."""

import re
from os import urandom
from typing import Final

_SANE_ID: Final = re.compile(rb"[A-Za-z0-9._:@+/=-]{1,128}")
_TRACEPARENT: Final = re.compile(rb"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_TRACE: Final = b"0" * 32
_NO_SPAN: Final = b"0" * 16


def accepted_id(sent: bytes | None) -> str | None:
    """Return the id a client sent when it is short and plain enough to be logged and echoed."""
    if sent is not None and _SANE_ID.fullmatch(sent):
        return sent.decode("ascii")
    return None


def new_id() -> str:
    """Return 32 random hexadecimal digits."""
    return urandom(16).hex()


def traced(sent: bytes | None) -> str:
    """Return the trace context to hand on: the caller's trace with a span of ours, or a new trace.

    An unreadable or all-zero context starts a new trace, as W3C Trace Context asks.
    """
    match = _TRACEPARENT.fullmatch(sent) if sent is not None else None
    if match is None or match[2] == _NO_TRACE or match[3] == _NO_SPAN or (match[1] == b"00" and match[5]):
        return f"00-{urandom(16).hex()}-{urandom(8).hex()}-01"
    return f"00-{match[2].decode()}-{urandom(8).hex()}-{match[4].decode()}"
