"""The relay process: from the event store to the streams in Redis."""

import asyncio

from bootstrap.ledger import AGGREGATES
from bootstrap.published import cloud_events
from bootstrap.settings import Settings
from bootstrap.until_stopped import run_until_stopped
from infrastructure.eventstore.codec import register_aggregates
from infrastructure.eventstore.follower import Follower
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
    async with client(settings.redis_url, PROCESS) as redis:
        relay = Relay(
            Publisher(redis), cloud_events(settings), metrics, stop=stop, retention=settings.stream_retention
        )
        await Follower(PROCESS, connector(settings.database_url, PROCESS)).run(relay.step, stop)
