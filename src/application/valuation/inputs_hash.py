"""A fingerprint of what figures were computed from: the same inputs, the same hash."""

from hashlib import sha256
from typing import Any

import numpy as np


def inputs_hash(*parts: Any) -> str:
    """Return the SHA-256 of arrays (bit for bit, with shape) and of whatever else has a plain repr, in order."""
    digest = sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).view(np.uint8).tobytes() if part.size else b"")
        else:
            digest.update(repr(part).encode())
        digest.update(b"\n")
    return digest.hexdigest()
