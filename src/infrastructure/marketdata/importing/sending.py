"""Slices of numpy arrays as arrays of PostgreSQL, in its binary form and without a single value in Python.

COPY itself is closed to tables with row-level security; rows of arrays lose little by an insert each.
"""

import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncCursor, pq
from psycopg.adapt import Dumper

FLOAT8: Final = 701
FLOAT8_ARRAY: Final = 1022
DATE: Final = 1082
DATE_ARRAY: Final = 1182
_EPOCH_DAYS: Final = 10_957
"""From 1970-01-01 to 2000-01-01, where PostgreSQL counts from."""
_FLOATS: Final = np.dtype([("size", ">i4"), ("value", ">f8")])
_DAYS: Final = np.dtype([("size", ">i4"), ("value", ">i4")])


class FloatArray(bytes):
    """A float8[] as it is sent."""


class DateArray(bytes):
    """A date[] as it is sent."""


class _FloatArrayDumper(Dumper):
    oid = FLOAT8_ARRAY
    format = pq.Format.BINARY

    def dump(self, obj: Any) -> bytes:
        return bytes(obj)


class _DateArrayDumper(_FloatArrayDumper):
    oid = DATE_ARRAY


def understand_arrays(cursor: AsyncCursor[Any]) -> None:
    """Let a cursor take FloatArray and DateArray as parameters."""
    cursor.adapters.register_dumper(FloatArray, _FloatArrayDumper)
    cursor.adapters.register_dumper(DateArray, _DateArrayDumper)


class FloatColumn:
    """A column of floats, NaN for unknown."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self._bytes = _elements(values, _FLOATS)
        unknown = np.isnan(values)
        self._unknown = np.concatenate(([0], np.cumsum(unknown))) if unknown.any() else None

    def sent(self, start: int, end: int) -> FloatArray | None:
        """Return the array of some places; None where nothing of it is known."""
        if self._unknown is not None and self._unknown[end] - self._unknown[start] == end - start:
            return None
        return FloatArray(_sent(self._bytes, FLOAT8, _FLOATS.itemsize, start, end))


class DayColumn:
    """A column of days, counted from 1970-01-01."""

    def __init__(self, days: NDArray[np.int32]) -> None:
        self._bytes = _elements(days - _EPOCH_DAYS, _DAYS)

    def sent(self, start: int, end: int) -> DateArray:
        """Return the array of some places."""
        return DateArray(_sent(self._bytes, DATE, _DAYS.itemsize, start, end))


def _elements(values: NDArray[Any], form: np.dtype[Any]) -> bytes:
    elements = np.empty(len(values), dtype=form)
    elements["size"] = form["value"].itemsize
    elements["value"] = values
    return elements.tobytes()


def _sent(elements: bytes, kind: int, width: int, start: int, end: int) -> bytes:
    return struct.pack(">iiIii", 1, 0, kind, end - start, 1) + elements[start * width : end * width]
