"""The two readings of exchange rates, as arrays and one day at a time, follow one order of preference."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.valuation import Rate
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.marketdata.exchange import ExchangeBook
from infrastructure.marketdata.fixings import RateSeries
from infrastructure.marketdata.rates import Fixed, TenantRates

FIRST = date(2022, 3, 1)
WEDNESDAY, SATURDAY = date(2022, 3, 2), date(2022, 3, 5)
Fixings = Mapping[tuple[str, str], Mapping[date, str]]


def array_rate(own: Fixings, shared: Fixings, source: str, target: str, on: date) -> Rate | None:
    found = ExchangeBook(own=as_series(own), shared=as_series(shared)).rates(
        source, target, np.array([on], "datetime64[D]")
    )
    assert (found.source, found.target) == (source, target)
    if np.isnat(found.fixed_on[0]):
        assert np.isnan(found.rates[0])
        return None
    return Rate(Decimal(repr(float(found.rates[0]))), found.fixed_on[0].item())


def exact_rate(own: Fixings, shared: Fixings, source: str, target: str, on: date) -> Rate | None:
    return TenantRates(as_fixed(own), as_fixed(shared), EcbRates()).rate(source, target, on)


def as_series(pairs: Fixings) -> dict[tuple[str, str], RateSeries]:
    return {
        pair: RateSeries(
            np.array(sorted(rates), "datetime64[D]"), np.array([float(rates[day]) for day in sorted(rates)])
        )
        for pair, rates in pairs.items()
    }


def as_fixed(pairs: Fixings) -> dict[tuple[str, str], Fixed]:
    return {
        pair: Fixed(sorted(rates), [Decimal(rates[day]) for day in sorted(rates)])
        for pair, rates in pairs.items()
    }


def both(own: Fixings, shared: Fixings, source: str, target: str, on: date) -> tuple[float, date] | None:
    exact = exact_rate(own, shared, source, target, on)
    arrays = array_rate(own, shared, source, target, on)
    if exact is None or arrays is None:
        assert exact == arrays
        return None
    assert exact.on == arrays.on
    assert float(arrays.value) == pytest.approx(float(exact.value), rel=1e-14)
    return float(exact.value), exact.on


def test_the_bank_serves_where_nothing_was_imported() -> None:
    found = both({}, {}, "EUR", "USD", WEDNESDAY)
    assert found == (1.1106, WEDNESDAY)  # the bank's reference rate of 2 March 2022


def test_the_last_rate_before_a_weekend_holds_on_it() -> None:
    found = both({}, {}, "EUR", "USD", SATURDAY)
    assert found is not None
    assert found[1] == date(2022, 3, 4)


def test_two_currencies_meet_in_the_euro() -> None:
    found = both({}, {}, "GBP", "USD", WEDNESDAY)
    assert found is not None
    assert found[0] == pytest.approx(1.1106 / 0.83316, rel=1e-12)


def test_pence_are_hundredths() -> None:
    pence, pounds = both({}, {}, "GBX", "USD", WEDNESDAY), both({}, {}, "GBP", "USD", WEDNESDAY)
    assert pence is not None
    assert pounds is not None
    assert pence[0] == pytest.approx(pounds[0] / 100)
    assert both({}, {}, "GBX", "GBP", WEDNESDAY) == (0.01, WEDNESDAY)


def test_the_tenants_own_rate_goes_before_the_shared_and_that_before_the_banks() -> None:
    own = {("EUR", "USD"): {FIRST: "2"}}
    shared = {("EUR", "USD"): {WEDNESDAY: "3"}}
    assert both(own, shared, "EUR", "USD", WEDNESDAY) == (2, FIRST)
    assert both({}, shared, "EUR", "USD", WEDNESDAY) == (3, WEDNESDAY)


def test_an_own_rate_older_than_a_week_gives_way_to_a_newer_one() -> None:
    own = {("EUR", "USD"): {FIRST: "2"}}
    assert both(own, {}, "EUR", "USD", FIRST + timedelta(days=7)) == (2, FIRST)
    late = both(own, {}, "EUR", "USD", FIRST + timedelta(days=8))
    assert late is not None
    assert late[1] == date(2022, 3, 9)


def test_an_old_rate_is_used_where_there_is_no_other_and_says_its_day() -> None:
    own = {("AED", "XAF"): {FIRST: "160"}}
    assert both(own, {}, "AED", "XAF", FIRST + timedelta(days=300)) == (160, FIRST)


def test_no_rate_before_the_first() -> None:
    assert both({("AED", "XAF"): {FIRST: "160"}}, {}, "AED", "XAF", FIRST - timedelta(days=1)) is None
    assert both({}, {}, "AED", "USD", WEDNESDAY) is None


def test_a_pair_serves_both_ways() -> None:
    assert both({("AED", "XAF"): {FIRST: "160"}}, {}, "XAF", "AED", WEDNESDAY) == (1 / 160, FIRST)


def test_pairs_cross_through_a_common_currency_and_are_as_old_as_the_older() -> None:
    own = {("AED", "USD"): {FIRST: "0.25"}, ("XAF", "USD"): {WEDNESDAY: "0.002"}}
    assert both(own, {}, "AED", "XAF", WEDNESDAY) == (125, FIRST)


def test_half_a_cross_may_come_from_the_bank() -> None:
    found = both({("AED", "USD"): {FIRST: "0.25"}}, {}, "AED", "EUR", WEDNESDAY)
    assert found is not None
    assert found == (pytest.approx(0.25 / 1.1106), FIRST)


def test_a_currency_that_has_ended_keeps_its_last_rate_and_its_day() -> None:
    found = both({}, {}, "RUB", "EUR", date(2022, 6, 1))
    assert found is not None
    assert found[1] == date(2022, 3, 1)


PAIRS = st.dictionaries(
    st.sampled_from([("AED", "USD"), ("USD", "AED"), ("XAF", "AED"), ("EUR", "USD"), ("XAF", "EUR")]),
    st.dictionaries(
        st.integers(0, 40).map(lambda days: FIRST + timedelta(days=days)),
        st.sampled_from(["0.5", "2", "3", "4"]),
        min_size=1,
    ),
)


@given(
    own=PAIRS,
    shared=PAIRS,
    source=st.sampled_from(["AED", "XAF", "USD", "EUR", "GBX"]),
    target=st.sampled_from(["AED", "XAF", "USD", "EUR", "CHF"]),
    day=st.integers(-5, 60),
)
def test_arrays_and_decimals_agree(own: Fixings, shared: Fixings, source: str, target: str, day: int) -> None:
    both(own, shared, source, target, FIRST + timedelta(days=day))
