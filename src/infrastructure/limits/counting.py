"""Limits and usage of one process, together with those of all others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import structlog

from application.limits.month import Month
from application.limits.ports import Decision, LimiterAway
from application.limits.rules import Limit, Quota
from domain.errors import Unavailable
from infrastructure.limits.book import Account, Book, News
from infrastructure.postgres.usage import PostgresUsage
from infrastructure.redis.limits import RedisLimiter, UnknownMonth
from infrastructure.redis.line import Health, Line, Silent
from infrastructure.redis.usage import Change, RedisUsage

TELL_SECONDS: Final = 0.05
"""How long other processes may not know of calls without a quota."""
FOLD_SECONDS: Final = 0.5
"""How often calls go to PostgreSQL; what was not folded when a process is killed is lost."""
_log = structlog.get_logger("trimtab.usage")


class Counting:
    """The `Limiter` and `Meter` ports.

    redis_url, process : where requests are counted, and by whom.
    usage : where the calls of months stay.
    alone : whether no other process answers requests; else a question for usage waits until all have told of theirs.
    """

    def __init__(
        self,
        redis_url: str,
        process: str,
        usage: PostgresUsage,
        *,
        alone: bool,
        on_redis: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._book = Book()
        self._health = Health(on_redis)
        self._asking = Line(redis_url, process, self._health)
        self._telling = Line(redis_url, process, self._health, tries=True)
        self._limiter = RedisLimiter(self._asking, on_lost=self._book.never_made)
        self._shared = RedisUsage(self._telling)
        self._usage = usage
        self._alone = alone
        self._seeding: dict[Account, asyncio.Task[int]] = {}
        self._folding = asyncio.Lock()
        self._running: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to tell of calls; a Redis that is away delays nothing but the first request."""
        self._running = [
            asyncio.create_task(_every(TELL_SECONDS, self._tell_or_try)),
            asyncio.create_task(_every(FOLD_SECONDS, self._fold)),
        ]

    async def close(self) -> None:
        """Tell of the last calls and end."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await _tried(self._fold)
        await self._asking.close()
        await self._telling.close()

    async def take(self, limits: Sequence[Limit], quota: Quota | None = None) -> Decision:
        """See `Limiter.take`."""
        try:
            decision = await self._limiter.take(limits, quota)
        except UnknownMonth:
            assert quota is not None
            decision = await self._take_seeded(limits, quota)
        if quota is not None and decision.allowed:
            self._book.reserved(quota.tenant, quota.month)
        return decision

    def count(self, tenant: str, month: Month) -> None:
        """See `Meter.count`."""
        self._book.count(tenant, month)

    def give_back(self, tenant: str, month: Month) -> None:
        """See `Meter.give_back`."""
        self._book.give_back(tenant, month)

    async def used(self, tenant: str, month: Month) -> int:
        """See `Meter.used`."""
        if not self._alone:
            await asyncio.sleep(2 * TELL_SECONDS)
        try:
            await self._tell()
            (found,) = await self._shared.apply([Change(tenant=tenant, month=month)])
            return await self._seeded((tenant, month)) if found is None else found
        except Silent:
            await self._fold()
            return (await self._usage.of(tenant, month)).used

    async def _take_seeded(self, limits: Sequence[Limit], quota: Quota) -> Decision:
        try:
            await self._seeded((quota.tenant, quota.month))
            return await self._limiter.take(limits, quota)
        except (UnknownMonth, Unavailable, Silent) as failure:
            raise LimiterAway from failure

    async def _seeded(self, account: Account) -> int:
        """Tell Redis the calls of a month that it has lost or never knew, once for all who ask; return them."""
        task = self._seeding.get(account)
        if task is None:
            task = self._seeding[account] = asyncio.create_task(self._seed(account))
            task.add_done_callback(lambda _: self._seeding.pop(account, None))
        return await asyncio.shield(task)

    async def _seed(self, account: Account) -> int:
        tenant, month = account
        total = await self._usage.of(tenant, month)
        (found,) = await self._shared.apply(
            [
                Change(
                    tenant=tenant,
                    month=month,
                    calls=max(0, self._book.open_calls(account)),
                    folded=total.used,
                    revision=total.revision,
                )
            ]
        )
        assert found is not None
        return found

    async def _tell_or_try(self) -> None:
        """Tell of calls. A Redis that is back hears of those made meanwhile before it is asked about others."""
        with suppress(Silent):
            await self._tell()
            await self._telling.try_again()

    async def _tell(self) -> None:
        news = self._book.news()
        try:
            found = await self._shared.apply(_change(account, told) for account, told in news.items())
        except BaseException:
            self._book.untold(news)
            raise
        for account, used in zip(news, found, strict=True):
            if used is None:  # the first calls of a month, or the first after Redis lost it
                with suppress(Unavailable):
                    await self._seeded(account)

    async def _fold(self) -> None:
        async with self._folding:
            batch = self._book.batch()
            if batch is None:
                return
            try:
                totals = await self._usage.fold(batch)
            except Unavailable:
                return  # sent again with the next
            self._book.folded(batch, totals)
        with suppress(Silent):
            await self._tell()


def _change(account: Account, news: News) -> Change:
    tenant, month = account
    return Change(tenant=tenant, month=month, calls=news.calls, folded=news.folded, revision=news.revision)


async def _every(seconds: float, step: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        await _tried(step)


async def _tried(step: Callable[[], Awaitable[None]]) -> None:
    try:
        await step()
    except Exception as failure:  # whatever it was, the calls are still in the book
        _log.error("usage_step_failed", failure=f"{type(failure).__name__}: {failure}")
