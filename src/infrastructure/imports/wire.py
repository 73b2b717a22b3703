"""What a parsing process is told besides the file itself."""

import msgspec

from application.positions.file import ColumnMapping, ImportLimits


class ParseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How to read a file, and the limits to read it under."""

    filename: str
    limits: ImportLimits
    mapping: ColumnMapping | None
