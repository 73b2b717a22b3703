from typing import Any

import msgspec
import numpy as np
import pytest

from application.calculators.factors import calculate
from application.calculators.factors_request import FactorsAnswer, FactorsRequest
from domain.errors import Refused, below

DRAW = np.random.default_rng(5)
MARKET, SIZE, NOISE = (DRAW.normal(size=60) * 0.01 for _ in range(3))


def answered(returns: Any, factors: dict[str, Any], **options: Any) -> FactorsAnswer:
    sent = {
        "returns": np.asarray(returns).tolist(),
        "factors": {name: np.asarray(one).tolist() for name, one in factors.items()},
        **options,
    }
    return calculate(msgspec.convert(sent, FactorsRequest))


def violations(returns: Any, factors: dict[str, Any], **options: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(Refused) as refusal:
        answered(returns, factors, **options)
    return [(one.field, one.code) for one in refusal.value.violations]


def test_loadings_come_in_the_order_of_the_factors() -> None:
    answer = answered(0.001 + 1.2 * MARKET - 0.3 * SIZE, {"market": MARKET, "size": SIZE})

    assert [one.factor_name for one in answer.loadings] == ["market", "size"]
    assert [one.loading for one in answer.loadings] == pytest.approx([1.2, -0.3])
    assert answer.intercept is not None
    assert answer.intercept.value == pytest.approx(0.001)
    assert answer.n_observations == 60
    assert answer.conventions.degrees_of_freedom == 57


def test_conventions_say_what_was_used() -> None:
    answer = answered(NOISE, {"market": MARKET}, errors="hac", intercept=False)
    assert answer.intercept is None
    assert (answer.conventions.errors, answer.conventions.lags) == ("hac", 3)
    assert answer.conventions.r_squared == "uncentred"
    assert answered(NOISE, {"market": MARKET}, errors="white", lags=9).conventions.lags is None


def test_returns_that_never_vary_have_no_share_explained() -> None:
    answer = answered(np.full(60, 0.01), {"market": MARKET})
    assert answer.r_squared is None
    assert answer.unavailable["r_squared"].code == "no_variation"


def test_lengths_and_lags_that_do_not_fit_are_all_named() -> None:
    found = violations(NOISE, {"market": MARKET[:59], "size": SIZE[:3]}, errors="hac", lags=60)
    assert found == [("factors.market", "length"), ("factors.size", "length"), ("lags", "too_large")]


@pytest.mark.parametrize(
    ("series", "words"),
    [
        (2 * MARKET - SIZE, "twin is a combination of market and size"),
        (np.full(60, 0.01), "twin never varies"),
        (np.zeros(60), "twin is 0 in every period"),
    ],
)
def test_collinear_factors_are_refused_by_name(series: Any, words: str) -> None:
    with pytest.raises(Refused, match=words) as refusal:
        answered(NOISE, {"market": MARKET, "size": SIZE, "twin": series})
    assert [(one.field, one.code) for one in refusal.value.violations] == [("factors.twin", "collinear")]


def test_too_few_periods_are_refused() -> None:
    assert violations([0.01, 0.02], {"market": [0.01, 0.03]}) == [("returns", "too_few_observations")]


def test_a_factor_with_a_point_in_its_name_is_named_whole() -> None:
    (only,) = violations([0.1, 0.2, 0.3], {"BRK.B": [0.1]})
    assert only == (below("factors", "BRK.B"), "length")
