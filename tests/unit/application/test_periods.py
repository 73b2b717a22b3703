"""Periods by name and between two days."""

from datetime import date

import pytest

from application.periods import between, period_of
from domain.errors import Refused

END, INCEPTION = date(2025, 5, 14), date(2020, 1, 2)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("ytd", "2024-12-31", "2025-05-14"),
        ("YTD", "2024-12-31", "2025-05-14"),
        ("mtd", "2025-04-30", "2025-05-14"),
        ("qtd", "2025-03-31", "2025-05-14"),
        ("1d", "2025-05-13", "2025-05-14"),
        ("2w", "2025-04-30", "2025-05-14"),
        ("3m", "2025-02-14", "2025-05-14"),
        ("1y", "2024-05-14", "2025-05-14"),
        ("inception", "2020-01-02", "2025-05-14"),
        ("10y", "2020-01-02", "2025-05-14"),
        ("q1_2025", "2024-12-31", "2025-03-31"),
        ("q2_2025", "2025-03-31", "2025-05-14"),
        ("h2_2024", "2024-06-30", "2024-12-31"),
        ("2024", "2023-12-31", "2024-12-31"),
        ("2020", "2020-01-02", "2020-12-31"),
        ("2024-02", "2024-01-31", "2024-02-29"),
    ],
)
def test_a_name_means_from_one_close_to_another(text: str, start: str, end: str) -> None:
    period = period_of(text, end=END, inception=INCEPTION)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


def test_a_month_before_the_31st_ends_where_the_month_does() -> None:
    assert period_of("1m", end=date(2024, 3, 31), inception=INCEPTION).start == date(2024, 2, 29)


@pytest.mark.parametrize("text", ["", "custom", "q5_2025", "0d", "1899", "next week", "2024-13", "9999"])
def test_a_text_that_names_no_period_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        period_of(text, end=END, inception=INCEPTION)
    assert refusal.value.violations[0].code == "unknown_value"


@pytest.mark.parametrize("text", ["2026", "q3_2025", "2019", "2025-06"])
def test_a_period_outside_of_what_is_known_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        period_of(text, end=END, inception=INCEPTION)
    assert refusal.value.violations[0].code == "out_of_range"


@pytest.mark.parametrize(
    ("first", "last", "label"),
    [(None, None, "inception"), (INCEPTION, None, "custom"), (None, END, "custom"), (END, END, "custom")],
)
def test_what_is_not_asked_for_begins_with_the_inception_and_says_so(
    first: date | None, last: date | None, label: str
) -> None:
    assert between(first, last, end=END, inception=INCEPTION).label == label


def test_nothing_is_asked_on_the_first_day() -> None:
    period = between(None, None, end=INCEPTION, inception=INCEPTION)
    assert (period.start, period.end) == (INCEPTION, INCEPTION)


def test_days_are_cut_to_what_is_known_and_may_not_be_reversed() -> None:
    cut = between(date(2019, 1, 1), date(2030, 1, 1), end=END, inception=INCEPTION)
    assert (cut.start, cut.end) == (INCEPTION, END)
    with pytest.raises(Refused) as refusal:
        between(date(2024, 2, 1), date(2024, 1, 1), end=END, inception=INCEPTION)
    assert refusal.value.violations[0].field == "from"
