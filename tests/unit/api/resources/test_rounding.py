from decimal import Decimal

import pytest

from api.resources.rounding import as_percent, price, rounded


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        ("1.2345678", "1.234568"),
        ("1.0000000001", "1"),
        ("-0.0000001", "0"),
        ("17584.00", "17584.00"),
        ("123456789012345678901234567890.1234567", "123456789012345678901234567890.123457"),
        ("1E+24", "1E+24"),
        ("5E-324", "0"),
    ],
)
def test_only_digits_beyond_the_last_place_are_lost(figure: str, shown: str) -> None:
    assert rounded(Decimal(figure), 6) == Decimal(shown)


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        ("3.14159265358979323", "3.14159265358979323"),
        ("0.000000001234567", "0.000000001234567"),
        ("86.66666666666666666666666667", "86.6666666667"),
        ("0.000001234567890123456789012345", "0.00000123456789012"),
    ],
)
def test_a_cost_is_shown_as_it_was_said_and_an_average_without_its_tail(figure: str, shown: str) -> None:
    assert price(Decimal(figure)) == Decimal(shown)


def test_nothing_stays_nothing() -> None:
    assert rounded(None, 6) is None
    assert as_percent(None) is None


def test_a_third_is_shown_in_percent_without_the_digits_of_the_quotient() -> None:
    assert as_percent(Decimal(1) / 3) == Decimal("33.33333333")
