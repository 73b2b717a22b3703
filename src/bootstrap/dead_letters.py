"""What agents and projections gave up on, in one list, and trying it again."""

import asyncio
from collections.abc import Sequence

import msgspec
from psycopg import AsyncConnection

from bootstrap.ledger import AGGREGATES
from bootstrap.projector import projections
from bootstrap.settings import Settings
from infrastructure.eventstore.codec import register_aggregates
from infrastructure.postgres.connect import connector
from infrastructure.postgres.dead_letters import dead_letters
from infrastructure.postgres.projector import Projection
from infrastructure.postgres.replay import replay_dead_letters
from infrastructure.postgres.tables import LIVE
from infrastructure.redis.connect import client
from infrastructure.redis.dead_letters import DeadLetters

PROCESS = "dead-letters"


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One event that was put aside; `group` is the agent or projection, `waits_with` what replays with it."""

    kind: str
    group: str
    id: str
    position: str
    type: str
    waits_with: str
    error: str
    traceback: str
    at: str


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """How many letters a group took back, and how many of them failed again at once."""

    kind: str
    group: str
    replayed: int
    stuck: int = 0


class UnknownGroup(LookupError):
    """Neither an agent nor a projection of that name has dead letters."""


def listed(settings: Settings, group: str | None = None) -> list[Letter]:
    """Return the letters of all groups or of one, oldest first within each."""
    return asyncio.run(_listed(settings, group))


def replay(settings: Settings, group: str | None = None, letter_id: str = "") -> list[Replayed]:
    """Hand letters out again: all, those of one group, or one with whatever waits behind it.

    Letters of agents go back to the agents, which work on them when they run; those of projections are applied
    here and now.
    """
    return asyncio.run(_replay(settings, group, letter_id))


async def _listed(settings: Settings, group: str | None) -> list[Letter]:
    return [*await _of_agents(settings, group), *await _of_projections(settings, group)]


async def _of_agents(settings: Settings, group: str | None) -> list[Letter]:
    assert settings.redis_url is not None
    async with client(settings.redis_url, PROCESS) as redis:
        dead = DeadLetters(redis)
        groups = [name for name in await dead.groups() if group in (None, name)]
        return [
            Letter(
                kind="agent",
                group=one.group,
                id=one.id,
                position=one.entry.partition("-")[0],
                type=one.type,
                waits_with=one.sequence,
                error=one.error,
                traceback=one.traceback,
                at=one.at,
            )
            for name in groups
            for one in await dead.of(name)
        ]


async def _of_projections(settings: Settings, group: str | None) -> list[Letter]:
    async with await _connected(settings) as connection:
        return [
            Letter(
                kind="projection",
                group=one.projection,
                id=str(one.position),
                position=str(one.position),
                type=one.topic,
                waits_with=str(one.originator_id),
                error=one.error,
                traceback="",
                at=one.parked_at.isoformat(),
            )
            for one in await dead_letters(connection, group)
        ]


async def _replay(settings: Settings, group: str | None, letter_id: str) -> list[Replayed]:
    known = [projection for projection in projections() if group in (None, projection.name)]
    done = await _replay_agents(settings, group, letter_id)
    if not letter_id:
        done += await _replay_projections(settings, known)
    if group is not None and not done:
        raise UnknownGroup(f"No agent and no projection {group!r} has dead letters.")
    return done


async def _replay_agents(settings: Settings, group: str | None, letter_id: str) -> list[Replayed]:
    assert settings.redis_url is not None
    async with client(settings.redis_url, PROCESS) as redis:
        dead = DeadLetters(redis)
        groups = [name for name in await dead.groups() if group in (None, name)]
        return [
            Replayed(kind="agent", group=name, replayed=await dead.replay(name, letter_id)) for name in groups
        ]


async def _replay_projections(settings: Settings, known: Sequence[Projection]) -> list[Replayed]:
    register_aggregates(*AGGREGATES)
    done = []
    async with await _connected(settings) as connection:
        for projection in known:
            replayed, stuck = await replay_dead_letters(connection, [projection])
            done.append(Replayed(kind="projection", group=projection.name, replayed=replayed, stuck=stuck))
    return done


async def _connected(settings: Settings) -> "AsyncConnection[tuple[object, ...]]":
    assert settings.database_url is not None
    return await connector(settings.database_url, PROCESS, schema=LIVE)()
