from collections.abc import Callable

import pytest

from application.positions.file import ColumnMapping, FileRefused, ImportLimits, ParsedFile
from infrastructure.imports.parser import parse_positions

Read = Callable[..., ParsedFile]


@pytest.fixture
def read() -> Read:
    """Read a table given as text or bytes; the mapping as a client would say it."""

    def parse(content: str | bytes, *, limits: ImportLimits | None = None, **mapping: str) -> ParsedFile:
        raw = content.encode() if isinstance(content, str) else content
        said = ColumnMapping.from_client(mapping) if mapping else None
        return parse_positions(raw, "positions.csv", limits=limits or ImportLimits(), mapping=said)

    return parse


@pytest.fixture
def refusal(read: Read) -> Callable[..., FileRefused]:
    """Read a file that must be refused, and answer the refusal."""

    def parse(content: str | bytes, **options: object) -> FileRefused:
        with pytest.raises(FileRefused) as refused:
            read(content, **options)
        return refused.value

    return parse
