from datetime import UTC, datetime, timedelta

import pytest

from application.webhooks.schedule import RETRY_AFTER_MAX, Schedule, retry_after

NOW = datetime(2026, 3, 26, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def a_schedule() -> Schedule:
    return Schedule(waits=(5 * SECOND, 30 * SECOND, 120 * SECOND), disable_after=timedelta(days=5))


@pytest.mark.parametrize(("failures", "seconds"), [(1, 5), (2, 30), (3, 120)])
def test_the_wait_is_anything_up_to_twice_that_of_the_schedule(failures: int, seconds: int) -> None:
    waits = [a_schedule().wait(failures, random=lambda: share, asked=None) for share in (0.0, 0.5, 1.0)]  # noqa: B023
    assert waits == [timedelta(0), seconds * SECOND, 2 * seconds * SECOND]


def test_after_the_last_wait_there_is_no_further_attempt() -> None:
    assert a_schedule().wait(4, random=lambda: 0.5, asked=None) is None
    assert a_schedule().wait(4, random=lambda: 0.5, asked=SECOND) is None


def test_what_the_receiver_asks_for_is_waited_for_at_least_and_a_day_at_most() -> None:
    schedule = a_schedule()
    assert schedule.wait(1, random=lambda: 0.5, asked=60 * SECOND) == 60 * SECOND
    assert schedule.wait(3, random=lambda: 0.5, asked=60 * SECOND) == 120 * SECOND
    assert schedule.wait(1, random=lambda: 0.5, asked=timedelta(days=400)) == RETRY_AFTER_MAX


@pytest.mark.parametrize(
    ("for_good", "enough"),
    [(True, timedelta(days=5)), (False, timedelta(days=5, seconds=155))],
    ids=["a delivery has failed for good", "none has yet"],
)
def test_an_endpoint_has_failed_long_enough_once_the_time_is_over(for_good: bool, enough: timedelta) -> None:
    schedule = a_schedule()
    assert schedule.is_over(NOW - enough, NOW, for_good=for_good)
    assert not schedule.is_over(NOW - enough + SECOND, NOW, for_good=for_good)


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("120", timedelta(minutes=2)),
        (" 7 ", timedelta(seconds=7)),
        ("Thu, 26 Mar 2026 08:00:30 GMT", timedelta(seconds=30)),
        ("Thu, 26 Mar 2026 07:00:00 GMT", timedelta(0)),
        ("9" * 5000, RETRY_AFTER_MAX),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("Thu, 26 Mar 99999 08:00:30 GMT", None),
    ],
)
def test_both_forms_of_retry_after_are_read_and_nonsense_is_not(
    header: str | None, asked: timedelta | None
) -> None:
    assert retry_after(header, NOW) == asked
