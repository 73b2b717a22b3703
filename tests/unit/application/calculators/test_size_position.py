from typing import Any

import msgspec
import pytest

from application.calculators.size_position import calculate
from application.calculators.size_position_request import SizePositionAnswer, SizePositionRequest
from domain.errors import Refused


def answered(**body: Any) -> SizePositionAnswer:
    return calculate(msgspec.convert(body, SizePositionRequest))


def refused(**body: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(Refused) as refusal:
        answered(**body)
    return [(one.field, one.code) for one in refusal.value.violations]


def test_the_formula_goes_before_the_sample_figures() -> None:
    # The documented request has kellyOptimal 3.0; half of it is 1.5, and the cap of 0.25 binds.
    answer = answered(expectedReturn=0.12, variance=0.04, fraction=0.5)

    assert msgspec.to_builtins(answer) == {
        "kellyOptimal": pytest.approx(3.0),
        "recommended": 0.25,
        "clamped": True,
        "cap": 0.25,
    }


def test_the_risk_free_rate_is_taken_off() -> None:
    answer = answered(
        expectedReturn=0.05, variance=0.04, riskFreeRate=0.03, fraction=0.4, maxDrawdownFraction=1
    )

    assert answer.kelly_optimal == pytest.approx(0.5)
    assert answer.recommended == pytest.approx(0.2)
    assert not answer.clamped


def test_a_bet_is_sized_by_its_odds() -> None:
    answer = answered(mode="discrete", winProbability=0.6, winLossRatio=1.0, fraction=1.0)

    assert answer.kelly_optimal == pytest.approx(0.2)
    assert answer.recommended == pytest.approx(0.2)
    assert not answer.clamped
    assert answer.cap == 0.25


def test_a_quarter_is_recommended_unless_told_otherwise() -> None:
    assert answered(expectedReturn=0.01, variance=0.04).recommended == pytest.approx(0.0625)


@pytest.mark.parametrize(
    "body",
    [
        {"expectedReturn": -0.1, "variance": 0.04},
        {"mode": "discrete", "winProbability": 0.1, "winLossRatio": 1.0},
        {"mode": "discrete", "winProbability": 0, "winLossRatio": 2.0},
    ],
)
def test_nothing_is_recommended_against_the_odds(body: dict[str, Any]) -> None:
    answer = answered(**body)

    assert answer.kelly_optimal < 0
    assert answer.recommended == 0
    assert not answer.clamped


def test_nothing_to_win_has_no_sign() -> None:
    assert b"-0" not in msgspec.json.encode(answered(expectedReturn=-0.0, variance=0.04))


def test_a_cap_that_is_just_reached_does_not_bind() -> None:
    answer = answered(expectedReturn=0.04, variance=0.04, fraction=0.25)

    assert answer.recommended == answer.cap == 0.25
    assert not answer.clamped


def test_what_the_mode_lacks_and_what_the_other_one_knows_is_said_at_once() -> None:
    assert refused(winProbability=0.5) == [
        ("expectedReturn", "missing"),
        ("variance", "missing"),
        ("winProbability", "other_mode"),
    ]
    assert refused(mode="discrete", expectedReturn=1, riskFreeRate=0, winLossRatio=2) == [
        ("winProbability", "missing"),
        ("expectedReturn", "other_mode"),
        ("riskFreeRate", "other_mode"),
    ]


def test_what_would_overflow_is_refused() -> None:
    assert refused(expectedReturn=1, variance=1e-320) == [("variance", "out_of_range")]
    assert refused(mode="discrete", winProbability=0.5, winLossRatio=1e-320) == [
        ("winLossRatio", "out_of_range")
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"expectedReturn": 0.1, "variance": 0},
        {"expectedReturn": 0.1, "variance": -0.04},
        {"expectedReturn": 0.1, "variance": 0.04, "fraction": 0},
        {"expectedReturn": 0.1, "variance": 0.04, "fraction": 1.1},
        {"expectedReturn": 0.1, "variance": 0.04, "maxDrawdownFraction": 0},
        {"expectedReturn": None, "variance": 0.04},
        {"mode": "discrete", "winProbability": 1.1, "winLossRatio": 1},
        {"mode": "discrete", "winProbability": 0.5, "winLossRatio": 0},
        {"mode": "both", "expectedReturn": 0.1, "variance": 0.04},
        {"expectedReturn": 0.1, "variance": 0.04, "extra": 1},
    ],
)
def test_what_is_out_of_range_is_no_request(body: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, SizePositionRequest)
