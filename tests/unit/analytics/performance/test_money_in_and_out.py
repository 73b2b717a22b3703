"""Time-weighted and money-weighted returns against Bacon's examples, Excel's and pyxirr."""

import math
from datetime import date, timedelta

import pytest
import pyxirr
from hypothesis import example, given
from hypothesis import strategies as st

from analytics.performance.linked import investor_flows, modified_dietz, sub_periods, time_weighted
from analytics.performance.money_weighted import xirr_roots

# C. Bacon, Practical Portfolio Performance Measurement and Attribution (2nd edition), exhibits of chapter 2:
# 74.2m on 31 December, 37.1m paid in on 14 January with 67.0m there before it, 104.4m on 31 January.
START, FLOW, END = date(2007, 12, 31), (date(2008, 1, 14), 37.1), date(2008, 1, 31)
VALUES = [(START, 74.2), (date(2008, 1, 14), 67.0), (END, 104.4)]
EXCEL = [
    (date(2008, 1, 1), -10000.0),
    (date(2008, 3, 1), 2750.0),
    (date(2008, 10, 30), 4250.0),
    (date(2009, 2, 15), 3250.0),
    (date(2009, 4, 1), 2750.0),
]
"""The example in the documentation of Excel's XIRR, whose answer is 0.373362535."""


def test_the_true_time_weighted_return_of_bacons_example() -> None:
    found = sub_periods(VALUES, [FLOW], valued="before_flows")
    assert time_weighted(found) == pytest.approx(67.0 / 74.2 * 104.4 / 104.1 - 1)
    assert round(time_weighted(found), 4) == -0.0944
    assert all(one.exact for one in found)


@pytest.mark.parametrize(("weighting", "published"), [("end_of_day", -0.0730), ("start_of_day", -0.0721)])
def test_the_modified_dietz_return_of_bacons_example(weighting: str, published: float) -> None:
    found = modified_dietz([VALUES[0], VALUES[2]], [FLOW], weighting=weighting)  # type: ignore[arg-type]
    assert round(found, 4) == published


def test_a_value_after_its_flow_says_the_same_as_one_before_it() -> None:
    after = [VALUES[0], (date(2008, 1, 14), 67.0 + 37.1), VALUES[2]]
    assert time_weighted(sub_periods(after, [FLOW])) == pytest.approx(
        time_weighted(sub_periods(VALUES, [FLOW], valued="before_flows")), rel=1e-12
    )


def test_a_flow_between_valuations_makes_a_modified_dietz_sub_period() -> None:
    (only,) = sub_periods([VALUES[0], VALUES[2]], [FLOW])
    assert not only.exact
    assert only.invested == pytest.approx(74.2 + 17 / 31 * 37.1)


def test_excels_example() -> None:
    (rate,) = xirr_roots(EXCEL)
    assert rate == pytest.approx(0.373362535, abs=1e-8)  # Excel stops at an accuracy of 1e-8
    assert rate == pytest.approx(pyxirr.xirr(EXCEL), abs=1e-10)


@pytest.mark.parametrize("days", [1, 30, 365, 4000])
@pytest.mark.parametrize("amount", [100.0, 1234.56, 98_765.43])
def test_money_that_comes_back_as_it_was_earned_exactly_nothing(days: int, amount: float) -> None:
    begin = date(2020, 1, 2)
    later = [begin + timedelta(days=days * at) for at in (1, 2)]
    flows = [(begin, -2 * amount), (later[0], amount / 3), (later[1], 2 * amount - amount / 3)]
    assert [repr(root) for root in xirr_roots(flows)] == ["0.0"]


def test_every_root_is_listed() -> None:
    # A pump that costs 1,600 and brings 10,000 a year early: J. Lorie, L. Savage (1955), 25 % and 400 %.
    day = date(2001, 1, 1)
    flows = [(day, -1600.0), (day + timedelta(365), 10000.0), (day + timedelta(730), -10000.0)]
    assert xirr_roots(flows) == pytest.approx([0.25, 4.0], rel=1e-12)


def test_a_double_root_is_found_and_a_missed_one_is_not() -> None:
    day = date(2001, 1, 1)

    def flows(last: float) -> list[tuple[date, float]]:
        return [(day, 100.0), (day + timedelta(365), -220.0), (day + timedelta(730), last)]

    assert xirr_roots(flows(121.0)) == pytest.approx([0.1], abs=1e-6)
    assert xirr_roots(flows(121.1)) == []
    assert len(xirr_roots(flows(120.9))) == 2


@pytest.mark.parametrize("amounts", [[], [5.0], [1.0, 2.0], [0.0, 0.0], [-1.0, 1e9]])
def test_flows_without_a_rate_in_range_have_no_root(amounts: list[float]) -> None:
    assert (
        xirr_roots([(date(2001, 1, 1) + timedelta(200 * at), each) for at, each in enumerate(amounts)]) == []
    )


def test_a_rate_of_ten_is_out_of_range() -> None:
    day = date(2021, 1, 1)
    assert xirr_roots([(day, -100.0), (day + timedelta(365), 1100.0)]) == []
    assert xirr_roots([(day, -100.0), (day + timedelta(365), 1099.99)]) == pytest.approx([9.9999])


def test_flows_over_decades_and_near_total_losses_stay_finite() -> None:
    day = date(1950, 1, 1)
    assert xirr_roots([(day, -1.0), (day + timedelta(365 * 70), 1e6)]) == pytest.approx([1e6 ** (1 / 70) - 1])
    (lost,) = xirr_roots([(day, -100.0), (day + timedelta(3650), 1e-6)])
    assert lost == pytest.approx(1e-8**0.1 - 1)


@given(
    st.lists(st.tuples(st.integers(1, 3000), st.floats(-500, 500)), max_size=30),
    st.floats(100, 1e4),
    st.floats(100, 1e5),
)
@example([(2999, -118.0)], 100.0, 100.0)
def test_every_root_makes_the_flows_worth_nothing(
    between: list[tuple[int, float]], opening: float, closing: float
) -> None:
    day = date(2000, 1, 1)
    flows = [
        (day, -opening),
        *((day + timedelta(at), each) for at, each in between),
        (day + timedelta(3001), closing),
    ]
    # Near -1 a rate has too few digits left of what it differs by from -1 to be put in again.
    for rate in (rate for rate in xirr_roots(flows) if rate > -0.999):
        terms = [each * (1 + rate) ** (-(at - day).days / 365) for at, each in flows]
        # Next to a total loss the double nearest to the rate is itself a little off, and each year multiplies that.
        rounding = 3001 / 365 * math.ulp(1.0) / (1 + rate)
        assert abs(math.fsum(terms)) <= (1e-7 + rounding) * sum(map(abs, terms))


@given(st.floats(-0.9, 5.0), st.lists(st.tuples(st.integers(1, 999), st.floats(0, 100)), max_size=10))
def test_the_rate_at_which_everything_grew_is_found(rate: float, paid_in: list[tuple[int, float]]) -> None:
    day = date(2010, 1, 1)
    all_flows = [(day, 100.0), *((day + timedelta(at), each) for at, each in paid_in)]
    end = day + timedelta(1000)
    worth = sum(each * (1 + rate) ** ((end - at).days / 365) for at, each in all_flows)
    assert xirr_roots([*((at, -each) for at, each in all_flows), (end, worth)]) == pytest.approx(
        [rate], abs=1e-9
    )


@given(st.floats(0.01, 1000))
def test_money_in_another_unit_changes_no_return(factor: float) -> None:
    scaled = [(day, value * factor) for day, value in VALUES]
    flow = (FLOW[0], FLOW[1] * factor)
    found = sub_periods(scaled, [flow], valued="before_flows")
    assert time_weighted(found) == pytest.approx(67.0 / 74.2 * 104.4 / 104.1 - 1)
    assert xirr_roots(investor_flows(scaled, [flow])) == pytest.approx(
        xirr_roots(investor_flows(VALUES, [FLOW]))
    )
