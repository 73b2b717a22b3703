"""The columns of a file as they were read, and what a file must have to be read; nothing of it is understood yet."""

from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from application.market.imports import MarketLimits
from application.positions.file import FileRefused
from domain.market import Kind
from infrastructure.imports.findings import Flaw
from infrastructure.marketdata.importing.headers import COLUMNS, missing, recognise

Role = Literal["day", "word", "number", "exact"]
ROLES: Final[dict[str, Role]] = {
    "date": "day",
    "ex_date": "day",
    "open": "number",
    "high": "number",
    "low": "number",
    "close": "number",
    "adjusted_close": "number",
    "volume": "number",
    "return": "number",
    "rate": "exact",
    "value": "exact",
    "weight": "exact",
}
"""How a column is read; what is not named here is words. Exact figures stay text until they are decimals."""


class Content(NamedTuple):
    """The columns that mean something, by canonical names, each of one array; `rows` counts from 1 with the header.

    lost : rows whose cells do not fit the header, with their text.
    """

    format: Literal["csv", "parquet", "json"]
    columns: dict[str, Any]
    headers: dict[str, str]
    ignored: list[str]
    rows: NDArray[np.int64]
    lost: list[tuple[int, str, Flaw]]


def too_large(limits: MarketLimits) -> FileRefused:
    """Return what to raise where a file unpacks to more than is read."""
    most = f"{limits.max_unpacked_bytes:,}"
    return FileRefused(413, "unpacked_too_large", f"Unpacked the file has more than {most} bytes. Split it.")


def too_many_rows(limits: MarketLimits) -> FileRefused:
    """Return what to raise where a file has more rows than are read."""
    return FileRefused(413, "too_many_rows", f"The file has more than {limits.max_rows:,} rows. Split it.")


def places_of(header: list[str], kind: Kind, limits: MarketLimits) -> dict[str, int]:
    """Return where the columns that mean something stand; raises FileRefused where a needed one is lacking."""
    if len(header) > limits.max_columns:
        detail = f"The file has {len(header)} columns; at most {limits.max_columns} are read."
        raise FileRefused(413, "too_many_columns", detail)
    places = recognise(header, kind)
    if lacking := missing(places, kind):
        seen = ", ".join(cell.strip()[:60] for cell in header if cell.strip()) or "none"
        raise FileRefused(
            422,
            "missing_columns",
            f"The file lacks {', '.join(lacking)}: {kind} need {', '.join(COLUMNS[kind].needed)}, and its "
            f"columns are: {seen[:500]}.",
        )
    return places


def named_by(header: list[str], places: dict[str, int]) -> tuple[dict[str, str], list[str]]:
    """Return what the file calls its columns, and those that mean nothing."""
    used = set(places.values())
    ignored = [cell.strip() for place, cell in enumerate(header) if place not in used and cell.strip()]
    return {name: header[place].strip() for name, place in places.items()}, ignored
