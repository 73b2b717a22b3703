import re
from datetime import UTC, date, datetime

import pytest

from api.problems import Problem
from api.resources.moments import PATTERN, moments, require_plausible
from domain.errors import Refused


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-26", date(2026, 3, 26)),
        ("2026-03-26T08:00:00Z", datetime(2026, 3, 26, 8, tzinfo=UTC)),
        ("2026-03-26T08:00", datetime(2026, 3, 26, 8, tzinfo=UTC)),
        ("2026-03-26T08:00:00.5+02:00", datetime(2026, 3, 26, 6, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-26T08:00:00 02:00", datetime(2026, 3, 26, 6, tzinfo=UTC)),
    ],
)
def test_a_date_or_a_time_is_read(text: str, moment: object) -> None:
    assert re.search(PATTERN, text)
    assert moments(text, None).as_of == moment
    assert moments(None, text).known_at == moment


@pytest.mark.parametrize(
    "text", ["1899-12-31", "2026-13-01", "2026-01-32", "2026-01-01T24:00", "26-01-01", "now"]
)
def test_what_is_no_moment_does_not_fit_the_documented_pattern(text: str) -> None:
    assert not re.search(PATTERN, text)


def test_both_moments_that_are_none_are_named() -> None:
    with pytest.raises(Problem) as problem:
        moments("2026-02-30", "2026-02-31")
    assert [violation.field for violation in problem.value.violations] == ["as_of", "known_at"]


def test_no_moment_at_all_means_now() -> None:
    assert not moments(None, None)
    assert moments("2026-03-26", None)


def test_a_day_before_anything_could_be_valued_is_refused() -> None:
    require_plausible("date", date(1900, 1, 1))
    require_plausible("date", None)
    with pytest.raises(Refused):
        require_plausible("date", date(1899, 12, 31))
