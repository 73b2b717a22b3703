"""The relay process: from the event store to the streams in Redis; in between it signs the log."""

import asyncio
from contextlib import suppress
from typing import Any

from psycopg import AsyncConnection, OperationalError

from bootstrap.ledger import AGGREGATES
from bootstrap.published import cloud_events
from bootstrap.settings import Settings
from bootstrap.until_stopped import run_until_stopped
from infrastructure.embedded.private_files import control_folder
from infrastructure.eventstore.codec import register_aggregates
from infrastructure.eventstore.follower import Connect, Follower
from infrastructure.eventstore.log_home import LogHome
from infrastructure.eventstore.signer import Rhythm, Signer
from infrastructure.postgres.connect import connector
from infrastructure.redis.connect import client
from infrastructure.redis.metrics import RelayMetrics
from infrastructure.redis.publisher import Publisher
from infrastructure.redis.relay import Relay

PROCESS = "relay"


def main(settings: Settings) -> None:
    """Publish until told to stop; of several relays one works and the others wait to take over."""

    async def work(stop: asyncio.Event) -> None:
        await follow(settings, RelayMetrics(), stop)

    run_until_stopped(work, settings=settings, process=PROCESS)


async def follow(settings: Settings, metrics: RelayMetrics, stop: asyncio.Event) -> None:
    """Publish until `stop` is set."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    register_aggregates(*AGGREGATES)
    signer, connect, has_signed = signer_of(settings), connector(settings.database_url, PROCESS), False
    async with client(settings.redis_url, PROCESS) as redis:
        relay = Relay(
            Publisher(redis), cloud_events(settings), metrics, stop=stop, retention=settings.stream_retention
        )

        async def step(connection: AsyncConnection[Any]) -> bool:
            nonlocal has_signed
            more = await relay.step(connection)
            await signer.step(connection)
            has_signed = True
            return more

        await Follower(PROCESS, connect).run(step, stop)
    if has_signed:  # and not one that only waited to take over
        await _finish(signer, connect)


async def _finish(signer: Signer, connect: Connect) -> None:
    with suppress(OperationalError):  # the database went first
        async with await connect() as connection:
            await signer.finish(connection)


def signer_of(settings: Settings) -> Signer:
    """Return what signs the log, with the key of the home folder or the one that is kept elsewhere."""
    home = LogHome(control_folder(settings.home), pem=settings.log_signing_key)
    rhythm = Rhythm(events=settings.checkpoint_events, interval=settings.checkpoint_interval)
    return Signer(home.signing_key(), home.checkpoints, rhythm)
