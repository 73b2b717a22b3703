"""The calculator of time-weighted and money-weighted returns."""

import msgspec
import pytest

from application.calculators.returns import calculate
from application.calculators.returns_request import ReturnsAnswer, ReturnsRequest
from domain.errors import Refused


def answer_to(
    values: dict[str, float], flows: dict[str, float] | None = None, **options: str
) -> ReturnsAnswer:
    plain = {
        "valuations": [{"date": day, "value": value} for day, value in values.items()],
        "flows": [{"date": day, "amount": amount} for day, amount in (flows or {}).items()],
        **options,
    }
    return calculate(msgspec.convert(plain, ReturnsRequest))


def test_money_may_be_sent_as_strings() -> None:
    sent = {
        "valuations": [{"date": "2024-01-01", "value": "100.00"}, {"date": "2024-12-31", "value": "171"}],
        "flows": [{"date": "2024-12-31", "amount": "50"}],
    }
    assert calculate(msgspec.convert(sent, ReturnsRequest)).twr == pytest.approx(0.21)


def test_a_flow_on_a_day_with_a_valuation_ends_a_sub_period() -> None:
    answer = answer_to({"2024-01-01": 100, "2024-06-30": 160, "2024-12-31": 170}, {"2024-06-30": 50})
    assert [one.period_return for one in answer.sub_periods] == pytest.approx([0.1, 0.0625])
    assert answer.twr == pytest.approx(1.1 * 1.0625 - 1)
    assert answer.modified_dietz == pytest.approx(20 / (100 + 50 * 184 / 365))


def test_a_valuation_may_come_before_the_flow_of_its_day() -> None:
    before = answer_to(
        {"2024-01-01": 100, "2024-06-30": 110, "2024-12-31": 170}, {"2024-06-30": 50}, valued="before_flows"
    )
    assert before.twr == pytest.approx(1.1 * 1.0625 - 1)


def test_a_flow_between_valuations_is_a_modified_dietz_sub_period_and_says_so() -> None:
    answer = answer_to({"2024-01-01": 100, "2024-01-31": 150}, {"2024-01-16": 40})
    (only,) = answer.sub_periods
    assert only.method == "modified_dietz"
    assert only.period_return == pytest.approx(10 / 120)
    assert msgspec.to_builtins(only)["return"] == only.period_return


def test_several_rates_are_said_and_none_is_picked() -> None:
    answer = answer_to({"2001-01-01": 1600, "2003-01-01": -10000}, {"2002-01-01": -10000})
    assert answer.xirr_roots == pytest.approx([0.25, 4.0])
    assert answer.xirr is None
    assert answer.unavailable["xirr"].code == "several_roots"


def test_what_cannot_be_told_is_explained() -> None:
    answer = answer_to({"2024-01-01": 0, "2024-12-31": 0})
    assert (answer.twr, answer.modified_dietz, answer.xirr) == (None, None, None)
    assert {name: why.code for name, why in answer.unavailable.items()} == {
        "twr": "no_capital",
        "twr_annualised": "no_capital",
        "modified_dietz": "no_capital",
        "return": "no_capital",
        "xirr": "no_root",
    }


def test_a_sub_period_without_capital_says_so_even_if_the_whole_has_a_return() -> None:
    answer = answer_to({"2024-01-01": 0, "2024-01-02": 100, "2024-12-31": 110}, {"2024-01-02": 100})
    assert [one.period_return for one in answer.sub_periods] == [None, pytest.approx(0.1)]
    assert answer.modified_dietz is not None
    assert answer.unavailable["return"].code == "no_capital"


@pytest.mark.parametrize("closing", [800, 1e18])
def test_a_leap_within_a_day_is_no_error(closing: float) -> None:
    answer = answer_to({"2024-01-01": 100, "2024-01-02": closing})
    assert answer.twr == closing / 100 - 1
    assert answer.twr_annualised is None
    assert answer.unavailable["twr_annualised"].code == "not_finite"


def test_returns_beyond_all_numbers_are_told_as_such() -> None:
    answer = answer_to({"2024-01-01": 1e-300, "2024-01-02": 1e18})
    assert {
        answer.unavailable[name].code for name in ("twr", "twr_annualised", "modified_dietz", "return")
    } == {"not_finite"}


def test_days_out_of_order_and_flows_outside_are_all_refused_at_once() -> None:
    with pytest.raises(Refused) as refusal:
        answer_to({"2024-02-01": 1, "2024-01-01": 2}, {"2023-01-01": 5, "2024-01-15": 5})
    assert [one.field for one in refusal.value.violations] == [
        "valuations.1.date",
        "flows.0.date",
        "flows.1.date",
    ]
