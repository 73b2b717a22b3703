"""What travels between the service and a worker process: length-prefixed MessagePack.

Floats keep every bit, NaN included, and bytes are not spelt out, which JSON could offer neither of.
"""

import struct

import msgspec

LENGTH = struct.Struct(">Q")


class Request(msgspec.Struct, frozen=True, array_like=True):
    """A piece of work: what to do for whom, the encoded request, and a file where there is one."""

    task: str
    tenant: str
    content: bytes
    attachment: bytes = b""


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The process has loaded everything and waits."""


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """The work is done; `content` is the encoded answer."""

    content: bytes


class Flaw(msgspec.Struct, frozen=True, array_like=True):
    """One rule that one field of the request breaks."""

    field: str | None
    code: str
    detail: str


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The work was refused with a reason for whoever asked; `status` is that of HTTP, `retry_after` seconds."""

    status: int
    code: str
    detail: str
    field: str | None = None
    flaws: tuple[Flaw, ...] = ()
    retry_after: int = 1


class Exhausted(msgspec.Struct, frozen=True, tag="exhausted"):
    """The work needed more memory than a worker has; the process ends after saying so."""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The work raised what nobody foresaw."""

    traceback: str


Reply = Ready | Answered | Refusal | Exhausted | Failed

_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(Request)
_replies: "msgspec.msgpack.Decoder[Reply]" = msgspec.msgpack.Decoder(Reply)


def frame(message: Request | Reply) -> bytes:
    """Encode a message with its length before it."""
    body = _encoder.encode(message)
    return LENGTH.pack(len(body)) + body


def request_in(body: bytes) -> Request:
    """Decode a request."""
    return _requests.decode(body)


def reply_in(body: bytes) -> Reply:
    """Decode a reply."""
    return _replies.decode(body)
