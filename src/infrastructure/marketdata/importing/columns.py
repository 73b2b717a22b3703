"""Columns of Arrow: as one array, as numpy sees them, and which of their cells are blank."""

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
from numpy.typing import NDArray


def whole(column: pa.ChunkedArray) -> Any:
    """Return a column as one array."""
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def without_blank_rows(
    columns: dict[str, Any], rows: NDArray[np.int64]
) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """Leave out rows without a single cell, such as blank lines; whoever counts rows still counts them."""
    blank = np.ones(len(rows), dtype=np.bool_)
    for column in columns.values():
        if not blank.any():
            return columns, rows
        blank &= blanks_of(column)
    if not blank.any():
        return columns, rows
    kept = mask_of(~blank)
    return {name: column.filter(kept) for name, column in columns.items()}, rows[~blank]


_FORMS: Final = {pa.int32(): np.int32, pa.float64(): np.float64, pa.uint8(): np.uint8}


def as_numpy(column: Any) -> NDArray[Any]:
    """Return a column of int32, float64 or bool without nulls as an array.

    The library's own way looks for pandas first, which takes a second where that is installed.
    """
    if pa.types.is_boolean(column.type):
        return as_numpy(column.cast(pa.uint8())).view(np.bool_)
    form = np.dtype(_FORMS[column.type])
    if not len(column):
        return np.zeros(0, dtype=form)
    return np.frombuffer(column.buffers()[1], form, len(column), column.offset * form.itemsize)


def mask_of(wanted: NDArray[np.bool_]) -> Any:
    """Return booleans as a column."""
    bits = np.packbits(wanted, bitorder="little").tobytes()
    return pa.Array.from_buffers(pa.bool_(), len(wanted), [None, pa.py_buffer(bits)])


def blanks_of(column: Any) -> NDArray[np.bool_]:
    """Return where a column has no cell, or an empty one."""
    if pa.types.is_dictionary(column.type):
        empty = np.array([not (text or "").strip() for text in column.dictionary.to_pylist()] + [True])
        return np.asarray(empty[as_numpy(column.indices.fill_null(len(empty) - 1))])
    if pa.types.is_string(column.type):
        trimmed = compute.utf8_trim_whitespace(column.fill_null(""))
        return as_numpy(compute.equal(trimmed, ""))
    return as_numpy(column.is_null())
