"""The process that reads files: `python -m infrastructure.imports.worker MAX_MEMORY_BYTES PARENT_PID`."""

import msgspec

from application.positions.file import FileRefused
from infrastructure.imports import workbook  # noqa: F401  loaded here, so that the first workbook waits for nothing
from infrastructure.imports.parser import parse_positions
from infrastructure.imports.wire import ParseRequest
from infrastructure.workers.serving import serve
from infrastructure.workers.wire import Refusal, Request

_requests = msgspec.msgpack.Decoder(ParseRequest)


async def parsed(request: Request) -> bytes:
    """Return the encoded ParsedFile of the file that came with the request."""
    asked = _requests.decode(request.content)
    file = parse_positions(request.attachment, asked.filename, limits=asked.limits, mapping=asked.mapping)
    return msgspec.msgpack.encode(file)


def refused(error: Exception) -> Refusal | None:
    """Return the words of a FileRefused."""
    if not isinstance(error, FileRefused):
        return None
    return Refusal(status=error.status, code=error.code, detail=error.detail)


if __name__ == "__main__":
    serve(lambda: parsed, refused)
