"""Names to addresses, in threads of their own: a name server that does not answer keeps nobody else waiting."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread
from typing import Final

RESOLVE_SECONDS: Final = 5.0
THREADS: Final = 128


class Resolver:
    """Asks the system's resolver; an instance is a `Resolve`.

    The loop's own way shares four threads (libuv) with everything else that the process does, and a thread of a pool
    that waits for a name server would keep the process from ending.
    """

    def __init__(self, *, seconds: float = RESOLVE_SECONDS) -> None:
        self._seconds = seconds
        self._asking = 0

    async def __call__(self, name: str) -> Sequence[str]:
        """Return all addresses of a name; none where it has none, or nobody can say in time."""
        if self._asking >= THREADS:
            return ()
        found: asyncio.Future[Sequence[str]] = asyncio.get_running_loop().create_future()
        self._asking += 1
        Thread(target=self._ask, args=(name, found), daemon=True, name=f"resolve {name}").start()
        try:
            async with asyncio.timeout(self._seconds):
                return await found
        except TimeoutError:
            return ()

    def _ask(self, name: str, found: asyncio.Future[Sequence[str]]) -> None:
        addresses = _look_up(name)
        with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            found.get_loop().call_soon_threadsafe(self._told, found, addresses)

    def _told(self, found: asyncio.Future[Sequence[str]], addresses: Sequence[str]) -> None:
        self._asking -= 1
        if not found.done():
            found.set_result(addresses)


def _look_up(name: str) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))
