"""What travels between the service and a parsing process: length-prefixed MessagePack."""

import struct
from typing import Any, Literal

import msgspec

from application.positions.file import ColumnMapping, FileRefused, ImportLimits, ParsedFile

LENGTH = struct.Struct(">Q")


class ParseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A file to read and the limits to read it under."""

    content: bytes
    filename: str
    limits: ImportLimits
    mapping: ColumnMapping | None


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag="ready"):
    """The process has loaded everything and waits."""


class Parsed(msgspec.Struct, frozen=True, kw_only=True, tag="parsed"):
    """The file was read."""

    file: ParsedFile


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The file cannot be read; the words of a FileRefused."""

    status: Literal[413, 422]
    code: str
    detail: str

    def exception(self) -> FileRefused:
        """Return what was refused as the exception it is."""
        return FileRefused(self.status, self.code, self.detail)


Reply = Ready | Parsed | Refused

_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(ParseRequest)
_replies: "msgspec.msgpack.Decoder[Reply]" = msgspec.msgpack.Decoder(Reply)


def frame(message: Any) -> bytes:
    """Encode a message with its length before it."""
    body = _encoder.encode(message)
    return LENGTH.pack(len(body)) + body


def request_in(body: bytes) -> ParseRequest:
    """Decode a request."""
    return _requests.decode(body)


def reply_in(body: bytes) -> Reply:
    """Decode a reply."""
    return _replies.decode(body)
