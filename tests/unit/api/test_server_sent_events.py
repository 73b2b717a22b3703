"""Events on their way out: what is news, signs of life, and an end."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from api import server_sent_events
from api.server_sent_events import RETRY, Told, events, framed
from domain.errors import Unavailable


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_sent_events, "LOOK_SECONDS", 0.0)


def looking_at(*found: Told | Exception | None) -> Callable[[], Any]:
    """A look that finds one after the other, the last of them again and again."""
    left = list(found)

    async def look() -> Told | None:
        one = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(one, Exception):
            raise one
        return one

    return look


def step(number: int, *, ends: bool = False) -> Told:
    return Told(
        id=number, event="completed" if ends else "progress", data={"progress": number / 9}, ends=ends
    )


async def told(stream: AsyncIterator[bytes]) -> list[bytes]:
    return [chunk async for chunk in stream]


async def test_each_news_is_told_once_until_the_end() -> None:
    look = looking_at(step(1), step(1), step(4), step(9, ends=True))
    found = await told(events(look, after=0))
    assert found == [RETRY, framed(step(1)), framed(step(4)), framed(step(9, ends=True))]


async def test_what_the_client_has_seen_is_not_told_again() -> None:
    look = looking_at(step(4), step(9, ends=True))
    assert await told(events(look, after=4)) == [RETRY, framed(step(9, ends=True))]
    assert await told(events(look, after=9)) == [RETRY]


async def test_a_database_that_is_away_for_a_moment_is_no_end() -> None:
    look = looking_at(Unavailable("Away."), None, step(9, ends=True))
    assert await told(events(look, after=0)) == [RETRY, framed(step(9, ends=True))]


async def test_signs_of_life_fill_the_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_sent_events, "HEARTBEAT_SECONDS", 0.0)
    look = looking_at(step(1), step(1), step(9, ends=True))
    found = await told(events(look, after=0))
    assert found == [RETRY, framed(step(1)), b": still here\n\n", framed(step(9, ends=True))]


async def test_a_stream_does_not_last_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_sent_events, "STREAM_SECONDS_MAX", 0.0)
    assert await told(events(looking_at(step(1)), after=0)) == [RETRY]


def test_an_event_is_one_block_of_lines() -> None:
    data = {"words": "first\nsecond"}
    assert framed(Told(id=7, event="progress", data=data)) == (
        b'id: 7\nevent: progress\ndata: {"words":"first\\nsecond"}\n\n'
    )
