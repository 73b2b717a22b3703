"""A line to Redis for work that must not wait: what is not answered at once is given up."""

import asyncio
from collections.abc import Callable, Sequence
from hashlib import sha1
from importlib.resources import files
from time import monotonic
from typing import Any, Final

import structlog
from hiredis import pack_command
from redis.asyncio import Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as LineLost
from redis.exceptions import NoScriptError, RedisError

from infrastructure.redis.wire import Wire, wire_on

PATIENCE_SECONDS: Final = 1.0
"""How long an answer may take. Redis takes a thousandth of it, but a busy machine may not let it work for a while, and
limits that open then would be open when they are needed most."""
LATE_SECONDS: Final = 0.05
"""How much later than asked for a process may notice that time is up before it is itself to blame."""
RETRY_SECONDS: Final = 1.0
_log = structlog.get_logger("trimtab.redis")


class Silent(Exception):
    """Redis does not answer, or did not a moment ago."""


class Health:
    """Whether Redis answers: one failure closes the way for everybody, one success opens it.

    `on_change` is told each time; the log has a line for each change and none for what is not sent meanwhile.
    """

    def __init__(
        self, on_change: Callable[[bool], None] = lambda _: None, clock: Callable[[], float] = monotonic
    ) -> None:
        self.up = True
        self._on_change, self._clock = on_change, clock
        self._retry_at = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time to try again."""
        return not self.up and self._clock() >= self._retry_at

    def failed(self, failure: Exception) -> None:
        """Redis did not answer."""
        self._retry_at = self._clock() + RETRY_SECONDS
        if self.up:
            self.up = False
            _log.warning("limits_open", reason=f"{type(failure).__name__}: {failure}")
            self._on_change(False)

    def answered(self) -> None:
        """Redis answered."""
        if not self.up:
            self.up = True
            _log.info("limits_closed_again")
            self._on_change(True)


class Script:
    """A Lua script beside this module."""

    def __init__(self, name: str) -> None:
        self.text = files("infrastructure.redis").joinpath(name).read_bytes()
        self.sha = sha1(self.text, usedforsecurity=False).hexdigest().encode()


class Line:
    """One connection that sends one script after the other.

    tries : whether a script may be what finds out that Redis is back.
    """

    def __init__(self, redis_url: str, process: str, health: Health, *, tries: bool = False) -> None:
        self.health = health
        self._tries = tries
        self._turn = asyncio.Lock()
        # Time is kept by `run`: the library would make a task of every command that has a timeout of its own.
        pool: Any = ConnectionPool.from_url(
            redis_url,
            client_name=f"trimtab-{process}-limits",
            protocol=2,
            socket_timeout=None,
            socket_connect_timeout=PATIENCE_SECONDS,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 0),
        )
        self._connection: Connection = pool.make_connection()
        self._wire: Wire | None = None

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[Any]) -> list[int]:
        """Return what a script answers.

        Raises Silent when Redis is away, within PATIENCE_SECONDS, or at once where it was a moment ago.
        """
        if not (self.health.up or (self._tries and self.health.is_due)):
            raise Silent
        return await self._answer(script, keys, arguments)

    async def try_again(self) -> None:
        """Ask Redis whether it is back, if it is time to; raises Silent."""
        if self.health.is_due:
            await self._answer(_PING, (), ())

    async def close(self) -> None:
        """Hang up."""
        await self._hang_up()

    async def _answer(self, script: Script, keys: Sequence[str], arguments: Sequence[Any]) -> list[int]:
        try:
            answer = await self._in_time(script, keys, arguments)
        except (RedisError, OSError, TimeoutError) as failure:
            self.health.failed(failure)
            await self._hang_up()
            raise Silent from failure
        self.health.answered()
        return answer

    async def _in_time(self, script: Script, keys: Sequence[str], arguments: Sequence[Any]) -> list[int]:
        """Send a script, and once more where time ran out because this process was busy and not because Redis was."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._turn:
                return await self._sent_again(script, keys, arguments)
        except TimeoutError:
            if clock() - begun < PATIENCE_SECONDS + LATE_SECONDS:
                raise
        await self._hang_up()
        async with asyncio.timeout(PATIENCE_SECONDS), self._turn:
            return await self._sent_again(script, keys, arguments)

    async def _sent_again(self, script: Script, keys: Sequence[str], arguments: Sequence[Any]) -> list[int]:
        """Send a script, and where the line was lost once more on a new one.

        Redis hangs up on a client for many reasons and is there all the same; that nobody could sign in for a second
        would be worse than that the one request in a million counts twice.
        """
        try:
            return await self._sent(script, keys, arguments)
        except (LineLost, OSError):
            await self._hang_up()
            return await self._sent(script, keys, arguments)

    async def _sent(self, script: Script, keys: Sequence[str], arguments: Sequence[Any]) -> list[int]:
        try:
            return await self._asked("EVALSHA", script.sha, len(keys), *keys, *arguments)
        except NoScriptError:
            return await self._asked("EVAL", script.text, len(keys), *keys, *arguments)

    async def _asked(self, *command: Any) -> list[int]:
        if self._wire is None or self._wire.is_lost:
            self._wire = await wire_on(self._connection)
        # The library's own packing is in Python, and takes longer than everything else about a short script.
        found: list[int] = await self._wire.ask(pack_command(command))
        return found

    async def _hang_up(self) -> None:
        self._wire = None
        await self._connection.disconnect(nowait=True)


class _Ping(Script):
    def __init__(self) -> None:
        self.text = b"return {1}"
        self.sha = sha1(self.text, usedforsecurity=False).hexdigest().encode()


_PING: Final = _Ping()
