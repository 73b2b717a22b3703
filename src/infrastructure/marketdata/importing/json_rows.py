"""Rows that came as JSON, as the columns that a file would have."""

from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from domain.market import Kind
from infrastructure.marketdata.importing.content import Content
from infrastructure.marketdata.importing.headers import COLUMNS

LISTS: Final[dict[Kind, str]] = {"instruments": "instruments", "constituents": "constituents"}


def read_json(content: bytes, kind: Kind) -> tuple[Content, dict[str, Any]]:
    """Return the rows of a body that the API has checked, and the fields beside them."""
    body: dict[str, Any] = msgspec.json.decode(content)
    rows: list[dict[str, Any]] = body.pop(LISTS[kind])
    names = [name for name in COLUMNS[kind].words if any(row.get(name) is not None for row in rows)]
    names = list(dict.fromkeys([*COLUMNS[kind].needed, *names]))
    columns = {name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in names}
    numbers = np.arange(1, len(rows) + 1, dtype=np.int64)
    return Content("json", columns, {name: name for name in names}, [], numbers, []), body


def _text(value: object) -> str | None:
    return None if value is None else str(value)
