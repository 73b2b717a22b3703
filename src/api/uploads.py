"""Multipart bodies: read as they come, files to disk beyond a megabyte, everything else in bounds.

Not by way of the framework, which keeps a text part in memory whatever its size and leaves files open when a body
breaks off.
"""

from collections import defaultdict
from typing import Any, Final, cast

from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from api.problems import Problem
from api.request import ApiRequest

PARTS_MAX: Final = 50
TEXT_BYTES_MAX: Final = 100_000
"""The most that a part without a file name may hold."""
Form = dict[str, list[Any]]


async def read_upload(request: ApiRequest) -> None:
    """Read the parts of a multipart body, for `request.form()` to return.

    Raises Problem: 415 for another kind of body, 400 for one that is broken or has too many parts or too long ones.
    """
    content_type, options = request.content_type
    if content_type != RequestEncodingType.MULTI_PART:
        shown = content_type or "none"
        raise Problem(
            "unsupported_media_type", f"Content-Type {shown} is not taken; send multipart/form-data."
        )
    if not options.get("boundary"):
        raise Problem("bad_request", "The Content-Type of a multipart body needs a boundary.")
    try:
        form = await _parts(request, options["boundary"].encode())
    except MultipartError:
        raise Problem("bad_request", "The multipart body is broken.") from None
    except (UnicodeDecodeError, LookupError, ValueError):
        raise Problem("bad_request", "A text part of the multipart body is not readable text.") from None
    state = request._connection_state
    state.form = {name: parts if len(parts) > 1 else parts[0] for name, parts in form.items()}


async def _parts(request: ApiRequest, boundary: bytes) -> Form:
    reading = _Reading()
    try:
        with PushMultipartParser(boundary, max_segment_count=PARTS_MAX) as parser:
            async for chunk in request.stream():
                for found in () if parser.closed else parser.parse(chunk):
                    await reading.take(found)
    except BaseException:
        await reading.close()
        raise
    return reading.form


class _Reading:
    """The parts that have come so far, and the one that is coming."""

    def __init__(self) -> None:
        self.form: Form = defaultdict(list)
        self._segment: MultipartSegment | None = None
        self._coming: UploadFile | bytearray = bytearray()

    async def take(self, found: MultipartSegment | bytearray | None) -> None:
        """Take the head of a part, some of its content, or (None) its end."""
        if isinstance(found, MultipartSegment):
            self._segment = found
            self._coming = _file(found) if found.filename else bytearray()
        elif found is None:
            await self._finish()
        elif isinstance(self._coming, UploadFile):
            await self._coming.write(bytes(found))
        else:
            self._coming += found
            if len(self._coming) > TEXT_BYTES_MAX:
                raise Problem("bad_request", f"A text part has {TEXT_BYTES_MAX} bytes at most.")

    async def close(self) -> None:
        """Close all files, the one that was coming included."""
        for part in (self._coming, *(part for parts in self.form.values() for part in parts)):
            if isinstance(part, UploadFile):
                await part.close()

    async def _finish(self) -> None:
        segment = cast("MultipartSegment", self._segment)
        coming, self._coming = self._coming, bytearray()
        if isinstance(coming, UploadFile):
            self.form[segment.name].append(coming)
            await coming.seek(0)
        else:
            self.form[segment.name].append(coming.decode(segment.charset or "utf-8"))


def _file(segment: MultipartSegment) -> UploadFile:
    return UploadFile(
        content_type=segment.content_type or "text/plain",
        filename=segment.filename,
        headers=dict(segment.headerlist),
    )
