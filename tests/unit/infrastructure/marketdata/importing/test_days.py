from datetime import date

import pytest

from application.positions.file import FileRefused
from infrastructure.marketdata.importing.days import read_days

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05",
        "2024/03/05",
        "20240305",
        "2024-03-05T00:00:00Z",
        "2024-03-05 00:00:00",
        "5 Mar 2024",
        "05-Mar-2024",
        "Mar 5, 2024",
        "March 05, 2024",
        "05.03.2024",
    ],
)
def test_a_date_is_read_however_it_is_written(text: str) -> None:
    assert read_days([text], TODAY) == [date(2024, 3, 5)]


@pytest.mark.parametrize("text", ["", "x", "2024-13-01", "2024-02-30", "5/3/24", "45000", "1/2", "2024-1"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_days([text, "2024-01-02"], TODAY)[0] is None


def test_one_clear_date_decides_for_its_column() -> None:
    assert read_days(["03/04/2024", "13/04/2024"], TODAY) == [date(2024, 4, 3), date(2024, 4, 13)]
    assert read_days(["03/04/2024", "04/13/2024"], TODAY) == [date(2024, 3, 4), date(2024, 4, 13)]


def test_a_reading_that_lies_in_the_future_is_the_wrong_one() -> None:
    assert read_days(["11/12/2026"], TODAY) == [date(2026, 11, 12)]


def test_an_undecidable_column_is_refused_with_an_example() -> None:
    with pytest.raises(FileRefused) as refused:
        read_days(["03/04/2024", "05/06/2024"], TODAY)
    assert refused.value.code == "ambiguous_dates"
    assert "2024-04-03 or 2024-03-04" in refused.value.detail


def test_a_column_at_odds_with_itself_is_refused_without_a_reading_that_is_none() -> None:
    with pytest.raises(FileRefused) as refused:
        read_days(["25/04/2024", "04/25/2024"], TODAY)
    assert refused.value.code == "ambiguous_dates"
    assert "None" not in refused.value.detail


def test_a_day_equal_to_its_month_needs_no_decision() -> None:
    assert read_days(["05/05/2024"], TODAY) == [date(2024, 5, 5)]
