import asyncio
from collections.abc import Awaitable, Callable, Sequence

from structlog.testing import capture_logs

from domain.errors import Unavailable
from infrastructure.chore import Chore


def rounds_of(*outcomes: bool | Exception) -> tuple[list[int], Callable[[], Awaitable[bool]]]:
    """Work that ends as it is told, round by round, and then has nothing more to do."""
    done: list[int] = []

    async def work() -> bool:
        done.append(len(done))
        outcome = outcomes[len(done) - 1] if len(done) <= len(outcomes) else False
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return done, work


async def after(rounds: int, outcomes: Sequence[bool | Exception], *, pause_seconds: float) -> list[int]:
    done, work = rounds_of(*outcomes)
    chore = Chore("test", work, pause_seconds=pause_seconds)
    await chore.start()
    async with asyncio.timeout(10):
        while len(done) < rounds:
            await asyncio.sleep(0)
    await chore.close()
    return done


async def test_a_chore_goes_on_at_once_while_there_is_more_to_do() -> None:
    assert await after(3, [True, True, False], pause_seconds=3600) == [0, 1, 2]


async def test_a_database_that_is_away_ends_one_round_and_not_the_chore() -> None:
    with capture_logs() as logs:
        assert len(await after(2, [Unavailable("away")], pause_seconds=0)) >= 2
    assert logs == []


async def test_a_failure_is_logged_without_its_words_and_the_chore_goes_on() -> None:
    with capture_logs() as logs:
        assert len(await after(2, [ValueError("ada@example.com")], pause_seconds=0)) >= 2
    assert [(entry["event"], entry["chore"], entry["reason"]) for entry in logs] == [
        ("chore_failed", "test", "ValueError")
    ]
    assert "ada@" not in str(logs)


async def test_a_chore_that_rests_first_does_nothing_before() -> None:
    done, work = rounds_of()
    chore = Chore("test", work, pause_seconds=3600, rests_first=True)
    await chore.start()
    await asyncio.sleep(0)
    await chore.close()
    assert done == []


async def test_a_chore_that_was_never_started_can_be_closed() -> None:
    await Chore("test", rounds_of()[1], pause_seconds=1).close()
