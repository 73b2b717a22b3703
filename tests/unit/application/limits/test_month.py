from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from application.limits.month import month_of


def seconds(year: int, month: int, day: int = 1, hour: int = 0) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


def test_a_month_ends_with_the_first_second_of_the_next() -> None:
    month = month_of(seconds(2026, 2, 28, 23))
    assert (month.first, month.starts_at, month.ends_at) == (
        date(2026, 2, 1),
        seconds(2026, 2),
        seconds(2026, 3),
    )
    assert month.seconds == 28 * 24 * 3600


def test_after_december_comes_the_next_year() -> None:
    assert month_of(seconds(2026, 12, 31)).ends_at == seconds(2027, 1)


def test_the_last_moment_before_midnight_is_of_the_old_month_and_midnight_of_the_new() -> None:
    assert month_of(seconds(2026, 4) - 0.001).first == date(2026, 3, 1)
    assert month_of(seconds(2026, 4)).first == date(2026, 4, 1)


@given(st.integers(min_value=0, max_value=4_000_000_000))
def test_every_moment_lies_in_its_month_and_months_leave_no_gap(moment: int) -> None:
    month = month_of(moment)
    assert month.starts_at <= moment < month.ends_at
    assert month_of(month.ends_at).starts_at == month.ends_at
