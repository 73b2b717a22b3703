"""Sends what is due until told to stop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from time import monotonic
from typing import Final

import structlog
from psycopg import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout

from application.webhooks.destination import DestinationRefused, Destinations
from application.webhooks.schedule import Schedule
from application.webhooks.signature import signed_headers, webhook_id
from infrastructure.identity.sealing import Seal, SealBroken
from infrastructure.webhooks.metrics import WebhookMetrics
from infrastructure.webhooks.post import Outcome, Poster
from infrastructure.webhooks.queue import DeliveryQueue, Job, Limits

POLL_SECONDS: Final = 0.5
HOUSEKEEPING_SECONDS: Final = 10.0
GRACE_SECONDS: Final = 5.0
GONE: Final = 410
AWAY: Final = (OperationalError, InterfaceError, PoolTimeout, OSError)
log = structlog.get_logger()


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How deliveries are sent: where they may go, what signs them, and when they are tried again."""

    destinations: Destinations
    poster: Poster
    seal: Seal
    schedule: Schedule
    retention: timedelta
    limits: Limits
    random: Callable[[], float] = SystemRandom().random


class Sender:
    """Keeps as many attempts on their way as there is room for."""

    def __init__(
        self,
        queue: DeliveryQueue,
        sending: Sending,
        metrics: WebhookMetrics,
        *,
        stop: asyncio.Event,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._queue, self._sending, self._metrics = queue, sending, metrics
        self._stop, self._clock = stop, clock
        self._under_way: set[asyncio.Task[None]] = set()
        self._housekeeping_at = 0.0

    @property
    def busy(self) -> bool:
        """Whether anything is on its way."""
        return bool(self._under_way)

    async def run(self) -> None:
        """Send until `stop` is set; what is on its way then has a few seconds to arrive."""
        try:
            while not self._stop.is_set():
                await self._step()
        finally:
            await self._finish()

    async def _step(self) -> None:
        began = 0
        try:
            began = await self.begin()
            await self._keep_house()
        except AWAY as failure:
            log.warning("cannot look for deliveries, trying again", error=str(failure).strip())
        if not began:
            await self._wait()

    async def begin(self) -> int:
        """Begin what is due and has room; return how much that was."""
        room = self._sending.limits.at_once - len(self._under_way)
        jobs = await self._queue.claim(room) if room > 0 else []
        for job in jobs:
            task = asyncio.create_task(self._attempt(job))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        self._metrics.sending.set(len(self._under_way))
        return len(jobs)

    async def settle(self) -> None:
        """Wait until everything that began is settled."""
        while self._under_way:
            await asyncio.gather(*self._under_way)

    async def _wait(self) -> None:
        """Wait for a moment, or until an attempt is over and there is room."""
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait(
                {stopping, *self._under_way}, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            stopping.cancel()

    async def _finish(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=GRACE_SECONDS)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _attempt(self, job: Job) -> None:
        try:
            at = self._clock()
            outcome = await self._outcome(job, at)
        except asyncio.CancelledError:
            with suppress(*AWAY):
                await self._queue.release(job)
            raise
        except Exception:  # not foreseen: the lease ends by itself, and others go on meanwhile
            log.exception("cannot send a delivery", delivery=str(job.delivery_id))
            return
        try:
            await self._settle(job, outcome, at)
        except AWAY as failure:  # the lease ends by itself, and then it is sent again
            log.warning("cannot note an attempt", delivery=str(job.delivery_id), error=str(failure).strip())

    async def _outcome(self, job: Job, at: datetime) -> Outcome:
        sending = self._sending
        try:
            secrets = self._secrets(job)
            destination = sending.destinations.read(job.url)
            addresses = await sending.destinations.addresses(destination)
        except DestinationRefused as refusal:
            return _unsent(refusal.reason)
        except SealBroken:
            return _unsent("secret_unreadable")
        if not addresses:
            return _unsent("no_address")
        body = job.body.encode()
        headers = signed_headers(
            webhook_id(job.delivery_id), body, seconds=int(at.timestamp()), secrets=secrets
        )
        return await sending.poster.post(destination, addresses, body, headers)

    def _secrets(self, job: Job) -> list[bytes]:
        sealed = [job.secret, *([job.previous_secret] if job.previous_secret else ())]
        return [self._sending.seal.open(one, bound_to=job.endpoint_id.bytes) for one in sealed]

    async def _settle(self, job: Job, outcome: Outcome, at: datetime) -> None:
        self._metrics.seconds.observe(outcome.milliseconds / 1000)
        if outcome.error is None:
            self._metrics.attempts.labels("delivered").inc()
            await self._queue.delivered(job, outcome, at)
            return
        wait = self._wait_after(job, outcome)
        self._metrics.attempts.labels("failed" if wait is None else "again").inc()
        failing_since = await self._queue.failed(job, outcome, at, wait=wait)
        if failing_since is None:
            return
        if outcome.status_code == GONE:
            await self._disable(job, "gone")
        elif self._sending.schedule.is_over(failing_since, self._clock(), for_good=wait is None):
            await self._disable(job, "failing")

    def _wait_after(self, job: Job, outcome: Outcome) -> timedelta | None:
        if outcome.status_code == GONE:
            return None
        return self._sending.schedule.wait(
            job.failures + 1, random=self._sending.random, asked=outcome.retry_after
        )

    async def _disable(self, job: Job, reason: str) -> None:
        await self._queue.disable(job.endpoint_id, "gone" if reason == "gone" else "failing")
        self._metrics.disabled.inc()
        log.warning("a webhook endpoint is disabled", endpoint=str(job.endpoint_id), reason=reason)

    async def _keep_house(self) -> None:
        if monotonic() < self._housekeeping_at:
            return
        self._housekeeping_at = monotonic() + HOUSEKEEPING_SECONDS
        due, lag = await self._queue.waiting()
        self._metrics.due.set(due)
        self._metrics.lag.set(lag)
        await self._queue.sweep(self._sending.retention)


def _unsent(error: str) -> Outcome:
    return Outcome(status_code=None, error=error, milliseconds=0)
