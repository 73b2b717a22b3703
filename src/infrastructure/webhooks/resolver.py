"""Names to addresses, in threads of their own: a name server that does not answer keeps nobody else waiting."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

THREADS: Final = 64
RESOLVE_SECONDS: Final = 5.0


class Resolver:
    """Asks the system's resolver; an instance is a `Resolve`.

    The loop's own way shares four threads (libuv) with everything else that the process does.
    """

    def __init__(self, *, seconds: float = RESOLVE_SECONDS) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="resolve")

    async def __call__(self, name: str) -> Sequence[str]:
        """Return all addresses of a name; none where it has none, or nobody can say in time."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._seconds):
                return await loop.run_in_executor(self._threads, _look_up, name)
        except (TimeoutError, OSError, UnicodeError):
            return ()

    def close(self) -> None:
        """Let go of the threads; one that still waits for an answer is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(name: str) -> Sequence[str]:
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))
