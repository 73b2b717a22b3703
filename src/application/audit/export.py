"""Everything a tenant has, line by line."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Final, Protocol

import msgspec

FORMAT: Final = 1
"""Goes up when a reader of earlier exports would misunderstand a line; new kinds and fields do not count."""


class TenantData(Protocol):
    """Reads everything of one tenant, as of one moment, in bounded memory."""

    def lines(self, tenant: str) -> AsyncIterator[bytes]:
        """Yield JSON objects without line feeds, each with its `kind` first; raises Unavailable."""


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The last line; without it an export was cut off.

    lines : how many stand before it. sha256 : of all bytes before it, line feeds included, hexadecimal.
    """

    kind: str = "end"
    lines: int
    sha256: str


async def exported(tenant: str, data: TenantData) -> AsyncIterator[bytes]:
    """Yield the lines of an export, each with its line feed, and the line that says it is whole."""
    digest, count = sha256(), 0
    async for line in data.lines(tenant):
        whole = line + b"\n"
        digest.update(whole)
        count += 1
        yield whole
    yield msgspec.json.encode(End(lines=count, sha256=digest.hexdigest())) + b"\n"
