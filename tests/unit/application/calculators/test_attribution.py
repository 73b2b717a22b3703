from typing import Any

import msgspec
import pytest

from application.calculators.attribution import calculate
from application.calculators.attribution_request import AttributionAnswer, AttributionRequest
from domain.errors import Refused

Row = tuple[str, float, float, float | None, float | None]
FIRST: list[Row] = [
    ("UK", 0.4, 0.4, 0.20, 0.10),
    ("Japan", 0.3, 0.2, -0.05, -0.04),
    ("US", 0.3, 0.4, 0.06, 0.08),
]
SECOND: list[Row] = [
    ("UK", 0.7, 0.4, -0.05, -0.07),
    ("Japan", 0.2, 0.3, 0.03, 0.04),
    ("US", 0.1, 0.3, -0.05, -0.10),
]


def period(label: str, rows: list[Row]) -> dict[str, Any]:
    names = ("segment", "portfolio_weight", "benchmark_weight", "portfolio_return", "benchmark_return")
    return {"label": label, "segments": [dict(zip(names, row, strict=True)) for row in rows]}


def answered(*periods: dict[str, Any], **options: str) -> AttributionAnswer:
    return calculate(msgspec.convert({"periods": periods, **options}, AttributionRequest))


def violations(*periods: dict[str, Any], **options: str) -> list[tuple[str | None, str]]:
    with pytest.raises(Refused) as refusal:
        answered(*periods, **options)
    return [(one.field, one.code) for one in refusal.value.violations]


def test_bacons_example_is_answered_with_segments_and_totals() -> None:
    answer = answered(period("Q1", FIRST))

    assert (answer.portfolio_return, answer.benchmark_return) == pytest.approx((0.083, 0.064))
    assert answer.active_return == pytest.approx(0.019)
    assert [one.segment for one in answer.segments] == ["UK", "Japan", "US"]
    assert [one.allocation_effect for one in answer.segments] == pytest.approx([0, -0.0104, -0.0016])
    assert [one.total_effect for one in answer.segments] == pytest.approx([0.04, -0.0134, -0.0076])
    assert answer.totals.selection_effect == pytest.approx(0.030)
    assert answer.totals.total_effect == pytest.approx(0.019)
    assert (answer.conventions.method, answer.conventions.linking) == ("brinson_fachler", "carino")


def test_each_period_keeps_its_own_effects() -> None:
    answer = answered(period("Q1", FIRST), period("", SECOND), linking="menchero")

    assert [one.label for one in answer.periods] == ["Q1", "2"]
    assert answer.periods[0].totals.allocation_effect == pytest.approx(-0.012)
    assert answer.periods[1].active_return == pytest.approx(0.012)
    assert sum(one.total_effect for one in answer.segments) == pytest.approx(answer.active_return, abs=1e-15)


def test_unlinked_active_returns_are_summed() -> None:
    answer = answered(period("Q1", FIRST), period("Q2", SECOND), linking="none")
    assert answer.active_return == pytest.approx(0.019 + 0.012)
    assert answer.totals.total_effect == pytest.approx(0.031)


@pytest.mark.parametrize("periods", [1, 2])
def test_geometric_totals_multiply(periods: int) -> None:
    answer = answered(*[period("Q1", FIRST), period("Q2", SECOND)][:periods], linking="geometric")

    whole = (1 + answer.totals.allocation_effect) * (1 + answer.totals.selection_effect) - 1
    assert whole == pytest.approx(answer.active_return, abs=1e-15)
    assert answer.active_return == pytest.approx(
        (1 + answer.portfolio_return) / (1 + answer.benchmark_return) - 1, abs=1e-15
    )
    assert answer.totals.interaction_effect == 0
    assert answer.periods[0].totals.allocation_effect == pytest.approx(-0.0113, abs=5e-5)
    assert answer.conventions.method == "geometric"


def test_a_segment_may_be_missing_from_a_period_and_from_one_side() -> None:
    first: list[Row] = [("A", 1.0, 0.5, 0.02, 0.02), ("B", 0.0, 0.5, None, 0.04)]
    second: list[Row] = [("A", 0.5, 1.0, 0.01, 0.01), ("C", 0.5, 0.0, 0.03, None)]

    answer = answered(period("1", first), period("2", second))

    assert [one.segment for one in answer.segments] == ["A", "B", "C"]
    assert [one.segment for one in answer.periods[1].segments] == ["A", "C"]
    assert answer.periods[0].segments[1].total_effect == pytest.approx(-0.5 * (0.04 - 0.03))
    assert answer.totals.selection_effect == pytest.approx(0)
    assert sum(one.total_effect for one in answer.segments) == pytest.approx(answer.active_return, abs=1e-15)


def test_weights_a_hair_off_are_scaled() -> None:
    third = 0.3333333
    rows: list[Row] = [(name, third, third, 0.01 * at, 0.02) for at, name in enumerate("abc")]
    answer = answered(period("", rows))
    assert answer.totals.total_effect == pytest.approx(answer.active_return, abs=1e-16)
    assert answer.portfolio_return == pytest.approx(0.01)
    assert "divided by their sum" in answer.conventions.weights


def test_everything_that_is_wrong_is_said_at_once() -> None:
    bad: list[Row] = [("A", 0.5, 0.5, None, 0.01), ("A", 0.4, 0.5, 0.01, None)]
    assert violations(period("", FIRST), period("", bad)) == [
        ("periods.1.segments.0.portfolio_return", "missing"),
        ("periods.1.segments.1.segment", "duplicate"),
        ("periods.1.segments.1.benchmark_return", "missing"),
        ("periods.1.segments", "portfolio_weights_sum"),
    ]


@pytest.mark.parametrize("linking", ["carino", "menchero", "geometric"])
def test_a_total_loss_is_refused_where_logarithms_link(linking: str) -> None:
    lost: list[Row] = [("A", 1.0, 1.0, -1.0, 0.01)]
    assert violations(period("", FIRST), period("", lost), linking=linking) == [("periods.1", "total_loss")]
    assert answered(period("", FIRST), period("", lost), linking="grap").portfolio_return == -1


@pytest.mark.parametrize("linking", ["carino", "menchero", "grap", "frongello", "none"])
def test_a_single_period_of_total_loss_needs_no_linking(linking: str) -> None:
    answer = answered(period("", [("A", 1.0, 1.0, -1.0, 0.01)]), linking=linking)
    assert answer.totals.total_effect == answer.active_return == pytest.approx(-1.01)


@pytest.mark.parametrize("linking", ["carino", "menchero", "grap", "frongello", "geometric", "none"])
def test_returns_that_compound_beyond_all_numbers_are_refused(linking: str) -> None:
    periods = [period("", [("A", 1.0, 1.0, 1e6, 1e5)]) for _ in range(60)]
    assert violations(*periods, linking=linking) == [("periods", "not_finite")]


def test_too_many_combinations_are_refused_before_they_cost_memory() -> None:
    periods = [
        period(
            "",
            [
                (f"{at}-{row}", 1.0 if row == 0 else 0.0, 1.0 if row == 0 else 0.0, 0.0, 0.0)
                for row in range(10)
            ],
        )
        for at in range(200)
    ]
    assert violations(*periods) == [("periods", "too_long")]
