"""From Parquet to the kinds of columns that a CSV has."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet

from application.market.imports import MarketLimits
from application.positions.file import FileRefused
from domain.market import Kind
from infrastructure.marketdata.importing.columns import whole
from infrastructure.marketdata.importing.content import (
    ROLES,
    Content,
    Role,
    named_by,
    places_of,
    too_large,
    too_many_rows,
)


def read_parquet(content: bytes, kind: Kind, limits: MarketLimits) -> Content:
    """Return the columns of a Parquet file; raises FileRefused."""
    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        header = file.schema_arrow.names
        places = places_of(header, kind, limits)
        _require_distinct(header, places)
        if file.metadata.num_rows > limits.max_rows:
            raise too_many_rows(limits)
        groups = (file.metadata.row_group(index) for index in range(file.metadata.num_row_groups))
        if sum(group.total_byte_size for group in groups) > limits.max_unpacked_bytes:
            raise too_large(limits)
        table = file.read(columns=[header[place] for place in places.values()])
    except (pa.ArrowException, OSError) as error:
        why = str(error).splitlines()[0][:200]
        raise FileRefused(422, "broken_parquet", f"The Parquet file cannot be read: {why}.") from None
    columns = {name: _plain(whole(table.column(header[place])), name) for name, place in places.items()}
    headers, ignored = named_by(header, places)
    rows = np.arange(1, table.num_rows + 1, dtype=np.int64)
    return Content("parquet", columns, headers, ignored, rows, [])


def _require_distinct(header: list[str], places: dict[str, int]) -> None:
    repeated = [name for name, place in places.items() if header.count(header[place]) > 1]
    if repeated:
        detail = f"The file has more than one column for {', '.join(repeated)}."
        raise FileRefused(422, "repeated_columns", detail)


def _plain(column: Any, name: str) -> Any:
    """Return a column of Parquet as the kinds of column that a CSV has: days, floats or text."""
    role, kind = ROLES.get(name, "word"), column.type
    try:
        if pa.types.is_dictionary(kind):
            column = column.dictionary_decode()
        if _is_plain(column.type, role):
            return _as_role(column, role)
    except pa.ArrowException:  # no such cast, or a time zone that nobody knows
        pass
    raise FileRefused(422, "wrong_type", f"Column {name} holds {kind}, which is not what {name} can be.")


def _is_plain(kind: pa.DataType, role: Role) -> bool:
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return not (pa.types.is_nested(kind) or binary or (role == "number" and pa.types.is_boolean(kind)))


def _as_role(column: Any, role: Role) -> Any:
    if _is_text(column.type):
        column = column.cast(pa.string())
    if pa.types.is_timestamp(column.type) and role == "day":
        local = compute.local_timestamp(column) if column.type.tz else column
        return local.cast(pa.date32(), safe=False)
    if role == "day" and pa.types.is_date(column.type):
        return column.cast(pa.date32())
    if role == "number" and not pa.types.is_string(column.type):
        return column.cast(pa.float64(), safe=False)
    text = _as_text(column)
    return text.dictionary_encode() if role == "word" else text


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _as_text(column: Any) -> Any:
    """Return figures as the shortest text that means them, everything else as its text."""
    if pa.types.is_floating(column.type):
        return pa.array([None if value is None else repr(value) for value in column.to_pylist()], pa.string())
    return column.cast(pa.string())
