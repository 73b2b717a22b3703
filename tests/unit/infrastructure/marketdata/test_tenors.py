import pytest

from infrastructure.marketdata.tenors import preference, tenor_days


def test_tenors_are_ordered_by_their_length() -> None:
    tenors = ["overnight", "1w", "1M", "3m", "6 months", "1y", "10Y", "whatever"]
    assert sorted(tenors, key=tenor_days) == tenors


@pytest.mark.parametrize("word", ["ON", "O/N", "1d", " Overnight "])
def test_overnight_has_many_names(word: str) -> None:
    assert tenor_days(word) == 1


def test_only_rupees_prefer_the_long_yield() -> None:
    assert preference("INR", "10y") < preference("INR", "3m")
    assert preference("USD", "3m") < preference("USD", "10y")
