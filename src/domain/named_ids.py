"""Ids derived from names, many of one namespace at a time."""

from hashlib import sha1
from uuid import UUID

_VERSION_5 = (5 << 76) | (0b10 << 62)
_KEPT = ~((0xF << 76) | (0b11 << 62))


class NamedIds:
    """`uuid.uuid5` of one namespace in two thirds of its time: a file of positions needs two ids per row."""

    def __init__(self, namespace: UUID) -> None:
        self._begun = sha1(namespace.bytes, usedforsecurity=False)

    def __call__(self, name: str) -> UUID:
        """Return the id of a name."""
        digest = self._begun.copy()
        digest.update(name.encode())
        number = int.from_bytes(digest.digest()[:16], "big")
        return UUID(int=number & _KEPT | _VERSION_5)
