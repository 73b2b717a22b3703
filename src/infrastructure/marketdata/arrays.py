"""PostgreSQL arrays, sent in binary, as numpy arrays."""

import numpy as np

from application.market.history import Days, Floats

HEADER_BYTES = 20
"""Dimensions, flags, element type, length and lower bound of a one-dimensional array."""
_FLOAT = np.dtype([("size", ">i4"), ("value", ">f8")])
_DAY = np.dtype([("size", ">i4"), ("value", ">i4")])
_EPOCH = np.datetime64("2000-01-01", "D")


def floats(sent: bytes) -> Floats:
    """Return the values of a `float8[]` without null elements."""
    return np.frombuffer(sent, _FLOAT, offset=HEADER_BYTES)["value"].astype(np.float64)


def days(sent: bytes) -> Days:
    """Return the days of a `date[]` without null elements."""
    return _EPOCH + np.frombuffer(sent, _DAY, offset=HEADER_BYTES)["value"].astype("timedelta64[D]")
