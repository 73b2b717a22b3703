from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from redis import Redis
from tests.support.deliveries import ALPHA, BETA, GROUP, an_inbox, pending_in, put
from tests.support.relaying import entries_on

from application.inbox import Message
from infrastructure.redis.connect import Client, client
from infrastructure.redis.dead_letters import DeadLetters
from infrastructure.redis.inbox import RedisInbox
from infrastructure.redis.names import dead_stream
from projections.published.catalogue import PORTFOLIO_EVENTS


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Client]:
    async with client(redis_url, "test") as connected:
        yield connected


async def received(inbox: RedisInbox) -> Sequence[Message]:
    """The next messages; an inbox may come back without any."""
    for _ in range(10):
        if messages := await inbox.receive():
            return messages
    return []


def positions(messages: Sequence[Message]) -> list[int]:
    return [message.position for message in messages]


async def test_a_group_that_comes_late_reads_from_the_first_entry(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA), (2, BETA))
    [first, second] = await received(an_inbox(redis))
    assert (first.position, first.portfolio_id, first.event_id, first.deliveries) == (1, ALPHA, "event-1", 1)
    assert (second.tenant, second.correlation_id, second.data) == ("tenant-a", "correlation", b"{}")


async def test_nothing_comes_twice_once_it_is_acknowledged(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA))
    inbox = an_inbox(redis)
    await inbox.acknowledge(await received(inbox))
    assert pending_in(redis_url) == 0
    assert await received(an_inbox(redis)) == []


async def test_a_member_that_restarts_goes_on_with_what_it_was_handed(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA), (2, ALPHA))
    await received(an_inbox(redis))
    put(redis_url, (3, ALPHA))
    restarted = an_inbox(redis)
    again = await received(restarted)
    assert positions(again) == [1, 2]
    assert again[0].deliveries == 2
    await restarted.acknowledge(again)
    assert positions(await received(restarted)) == [3]


async def test_what_a_dead_member_was_handed_goes_to_another(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA))
    await received(an_inbox(redis, "test-1"))
    assert await received(an_inbox(redis, "test-2", claim_idle_seconds=60)) == []
    assert positions(await received(an_inbox(redis, "test-2", claim_idle_seconds=0))) == [1]


async def test_a_member_takes_over_no_more_than_it_takes_in_hand(redis: Client, redis_url: str) -> None:
    put(redis_url, *((at, ALPHA) for at in range(1, 6)))
    for at in range(1, 6):
        await received(an_inbox(redis, f"dead-{at}", read_count=1))
    survivor = an_inbox(redis, "survivor", claim_idle_seconds=0, read_count=1)
    assert positions(await received(survivor)) == [1]
    others: Any = await redis.xpending_range(PORTFOLIO_EVENTS, GROUP, "-", "+", 10)
    assert [entry["consumer"].decode() for entry in others][1:] == ["dead-2", "dead-3", "dead-4", "dead-5"]
    assert {entry["times_delivered"] for entry in others[1:]} == {1}


async def test_a_member_that_gives_signs_of_life_keeps_its_messages(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA))
    slow = an_inbox(redis, "test-1")
    messages = await received(slow)
    for _ in range(3):
        await slow.keep(messages)
        assert await an_inbox(redis, "test-2", claim_idle_seconds=0.5).receive() == []
    with Redis.from_url(redis_url) as direct:
        [pending] = list[Any](direct.xpending_range(PORTFOLIO_EVENTS, GROUP, "-", "+", 10))
    assert (pending["consumer"], pending["times_delivered"]) == (b"test-1", 1)


async def test_entries_that_left_the_stream_come_from_the_event_store(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA), (2, ALPHA), (3, ALPHA))
    await received(an_inbox(redis, "test-1"))
    await redis.xtrim(PORTFOLIO_EVENTS, minid="3-0", approximate=False)
    other = an_inbox(redis, "test-2", claim_idle_seconds=0)
    seen: list[int] = []
    while missing := {1, 2, 3} - set(seen):
        messages = await received(other)
        assert messages, missing
        seen += positions(messages)
        await other.acknowledge(messages)
    assert pending_in(redis_url) == 0


async def test_an_entry_that_nobody_knows_any_more_is_let_go(redis: Client, redis_url: str) -> None:
    async def knows_nothing(positions: Sequence[int]) -> dict[int, dict[bytes, bytes]]:
        return {}

    put(redis_url, (1, ALPHA), (2, ALPHA))
    await received(an_inbox(redis))
    await redis.xdel(PORTFOLIO_EVENTS, "1-0")
    assert positions(await received(an_inbox(redis, refetch=knows_nothing))) == [2]
    assert pending_in(redis_url) == 1


async def test_a_flush_brings_the_group_back_to_the_first_entry(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA))
    inbox = an_inbox(redis)
    await inbox.acknowledge(await received(inbox))
    await redis.flushall()
    put(redis_url, (1, ALPHA), (2, ALPHA))
    assert positions(await received(inbox)) == [1, 2]


async def test_a_dead_letter_says_what_went_wrong_and_with_which_entry(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA))
    inbox = an_inbox(redis)
    await inbox.bury(await received(inbox), error="ValueError('x')", traceback="Traceback …")
    [letter] = await DeadLetters(redis).of(GROUP)
    assert (letter.stream, letter.entry, letter.type) == (PORTFOLIO_EVENTS, "1-0", "pm.portfolio.archived.v1")
    assert (letter.error, letter.traceback, letter.sequence) == (
        "ValueError('x')",
        "Traceback …",
        f"tenant-a/{ALPHA}",
    )
    assert pending_in(redis_url) == 0
    assert await DeadLetters(redis).groups() == [GROUP]


async def test_later_entries_of_the_portfolio_wait_behind_a_dead_letter(
    redis: Client, redis_url: str
) -> None:
    put(redis_url, (1, ALPHA))
    inbox = an_inbox(redis)
    await inbox.bury(await received(inbox), error="x", traceback="")
    put(redis_url, (2, ALPHA), (3, BETA))
    assert positions(await received(inbox)) == [3]
    assert [letter.entry for letter in await DeadLetters(redis).of(GROUP)] == ["1-0", "2-0"]


async def test_a_replay_brings_a_portfolio_back_in_order_and_leaves_others_where_they_are(
    redis: Client, redis_url: str
) -> None:
    put(redis_url, (1, ALPHA), (2, BETA))
    inbox = an_inbox(redis)
    await inbox.bury(await received(inbox), error="x", traceback="")
    put(redis_url, (3, ALPHA))
    assert await received(inbox) == []
    dead = DeadLetters(redis)
    last = (await dead.of(GROUP))[-1]
    assert await dead.replay(GROUP, last.id) == 2
    again = await received(inbox)
    assert positions(again) == [1, 3]
    await inbox.acknowledge(again)
    put(redis_url, (4, ALPHA), (5, BETA))
    assert positions(await received(inbox)) == [4]
    assert [letter.entry for letter in await dead.of(GROUP)] == ["2-0", "5-0"]
    assert await dead.replay(GROUP) == 2
    assert positions(await received(inbox)) == [2, 5]
    assert await dead.replay(GROUP, "1-1") == 0


async def test_a_letter_that_dies_again_is_as_it_was(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA))
    inbox, dead = an_inbox(redis), DeadLetters(redis)
    await inbox.bury(await received(inbox), error="first", traceback="")
    await dead.replay(GROUP)
    await inbox.bury(await received(inbox), error="second", traceback="")
    [letter] = entries_on(redis_url, dead_stream(GROUP))
    assert (letter["deaderror"], letter["id"], letter["sequence"]) == ("second", "event-1", "1")
    await dead.replay(GROUP)
    assert positions(await received(inbox)) == [1]


async def test_an_entry_that_is_not_ours_is_put_aside_alone(redis: Client, redis_url: str) -> None:
    await redis.xadd(PORTFOLIO_EVENTS, {"hello": "world"}, id="1-0")
    put(redis_url, (2, ALPHA))
    assert positions(await received(an_inbox(redis))) == [2]
    [letter] = await DeadLetters(redis).of(GROUP)
    assert (letter.entry, letter.sequence) == ("1-0", "")


async def test_what_waits_is_measured(redis: Client, redis_url: str) -> None:
    from prometheus_client import CollectorRegistry

    from infrastructure.redis.metrics import AgentMetrics

    registry = CollectorRegistry()
    put(redis_url, (1, ALPHA), (2, ALPHA))
    await received(an_inbox(redis))
    put(redis_url, (3, ALPHA))
    await received(an_inbox(redis, "test-2", metrics=AgentMetrics(GROUP, registry), claim_idle_seconds=60))
    assert registry.get_sample_value("trimtab_agent_pending", {"agent": GROUP}) == 2
    assert registry.get_sample_value("trimtab_agent_lag", {"agent": GROUP}) == 1
