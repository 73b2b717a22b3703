"""The projector process: from the event store to the read models."""

import asyncio
from collections.abc import Callable

from prometheus_client import Gauge

from bootstrap.ledger import AGGREGATES
from bootstrap.read_models import PROJECTIONS
from bootstrap.settings import Settings
from bootstrap.until_stopped import run_until_stopped
from infrastructure.eventstore.codec import register_aggregates
from infrastructure.eventstore.follower import Follower
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.postgres.connect import connector
from infrastructure.postgres.projections.imports import ImportProjection
from infrastructure.postgres.projections.portfolios import PortfolioProjection
from infrastructure.postgres.projections.recommendations import RecommendationProjection
from infrastructure.postgres.projector import Projection, Projector
from infrastructure.postgres.tables import LIVE

PROCESS = "projector"


def main(settings: Settings) -> None:
    """Project until told to stop; of several projectors one works and the others wait to take over."""

    async def work(stop: asyncio.Event) -> None:
        await follow(settings, stop)

    run_until_stopped(work, settings=settings, process=PROCESS)


async def follow(settings: Settings, stop: asyncio.Event) -> None:
    """Project until `stop` is set."""
    assert settings.database_url is not None
    register_aggregates(*AGGREGATES)
    projector = Projector(projections())
    _expose(projector)
    connect = connector(settings.database_url, PROCESS, durable=False, schema=LIVE)
    await Follower(PROCESS, connect).run(projector.step, stop)


def projections() -> list[Projection]:
    """Return every projection, in the order in which one batch goes through them."""
    return [PortfolioProjection(EcbRates()), ImportProjection(), RecommendationProjection()]


def _expose(projector: Projector) -> None:
    position = Gauge("trimtab_projection_position", "Last event in the read model.", ["projection"])
    for name in PROJECTIONS:
        position.labels(name).set_function(_position(projector, name))
    lag = Gauge("trimtab_projection_lag_seconds", "Age of the last event when it was projected.")
    lag.set_function(lambda: projector.lag_seconds)


def _position(projector: Projector, name: str) -> Callable[[], float]:
    return lambda: projector.positions.get(name, 0)
