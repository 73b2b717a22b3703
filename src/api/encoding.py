"""JSON as the contract wants it."""

from collections.abc import Mapping
from typing import Final

import msgspec


def encoded_otherwise(value: object) -> object:
    """Encode what msgspec does not know by itself."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number", enc_hook=encoded_otherwise)


def encode(body: object) -> bytes:
    """Return `body` as JSON: exact decimals as numbers, UTC times with `Z`, NaN and infinity as null."""
    return _ENCODER.encode(body)
