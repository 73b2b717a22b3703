"""The projector process: from the event store to the read models."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from prometheus_client import Gauge
from psycopg import AsyncConnection

from bootstrap.ledger import AGGREGATES
from bootstrap.read_models import PROJECTIONS
from bootstrap.settings import Settings
from bootstrap.until_stopped import run_until_stopped
from domain.errors import Unavailable
from infrastructure.eventstore.answers import OldAnswers
from infrastructure.eventstore.codec import register_aggregates
from infrastructure.eventstore.follower import Follower
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.postgres.connect import connector, pool
from infrastructure.postgres.progress import PostgresProgress
from infrastructure.postgres.projections.analyses import AnalysisProjection
from infrastructure.postgres.projections.exchange import ProjectedRates
from infrastructure.postgres.projections.imports import ImportProjection
from infrastructure.postgres.projections.optimizations import OptimizationProjection
from infrastructure.postgres.projections.portfolios import PortfolioProjection
from infrastructure.postgres.projections.recommendations import RecommendationProjection
from infrastructure.postgres.projector import Projection, Projector
from infrastructure.postgres.tables import LIVE

PROCESS = "projector"
MEASURE_SECONDS = 2.0


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
    old_answers = OldAnswers()

    async def step(connection: AsyncConnection[Any]) -> bool:
        more = await projector.step(connection)
        if not more:
            await old_answers.forget(connection)
        return more

    connect = connector(settings.database_url, PROCESS, durable=False, schema=LIVE)
    async with pool(settings.database_url, f"{PROCESS}-metrics", size=1) as connections:
        measuring = asyncio.create_task(_measure(PostgresProgress(connections), _lags()))
        try:
            await Follower(PROCESS, connect).run(step, stop)
        finally:
            measuring.cancel()
            await asyncio.gather(measuring, return_exceptions=True)


def projections() -> list[Projection]:
    """Return every projection, in the order in which one batch goes through them."""
    return [
        PortfolioProjection(ProjectedRates(EcbRates())),
        ImportProjection(),
        RecommendationProjection(),
        AnalysisProjection(),
        OptimizationProjection(),
    ]


def _expose(projector: Projector) -> None:
    position = Gauge("trimtab_projection_position", "Last event in the read model.", ["projection"])
    for name in PROJECTIONS:
        position.labels(name).set_function(_position(projector, name))


def _position(projector: Projector, name: str) -> Callable[[], float]:
    return lambda: projector.positions.get(name, 0)


@dataclass(frozen=True, slots=True)
class Lags:
    """What operators watch; it is right in a process that waits to take over, too."""

    events: Gauge
    seconds: Gauge
    dead_letters: Gauge


def _lags() -> Lags:
    return Lags(
        events=Gauge("trimtab_projection_lag_events", "Events the read model lacks.", ["projection"]),
        seconds=Gauge("trimtab_projection_lag_seconds", "Age of the first of them.", ["projection"]),
        dead_letters=Gauge("trimtab_projection_dead_letters", "Events set aside.", ["projection"]),
    )


async def _measure(progress: PostgresProgress, lags: Lags) -> None:
    while True:
        with suppress(Unavailable):  # the last figures stay until the database is back
            for one in (await progress.projections())[1]:
                lags.events.labels(one.name).set(one.lag_events)
                lags.seconds.labels(one.name).set(one.lag_seconds)
                lags.dead_letters.labels(one.name).set(one.dead_letters)
        await asyncio.sleep(MEASURE_SECONDS)
