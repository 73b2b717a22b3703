import msgspec
import pytest

from application.calculators.risk import calculate
from application.calculators.risk_request import RiskRequest
from domain.errors import Refused

TWO_ASSETS = [[0.01, -0.02], [-0.03, 0.01], [0.02, 0.02], [-0.01, -0.01], [0.0, 0.03]]


def decoded(body: str) -> RiskRequest:
    return msgspec.json.decode(body, type=RiskRequest)


def test_a_series_of_numbers_is_one_asset() -> None:
    answer = calculate(RiskRequest(returns=[0.03, -0.05, 0.01, -0.02, 0.02], confidence=0.9))

    assert answer.var == pytest.approx(0.038)
    assert answer.cvar == pytest.approx(0.05)
    assert [part.component for part in answer.components] == pytest.approx([0.038])
    assert answer.conventions.ddof == 0


def test_the_parts_of_two_assets_sum_to_the_whole() -> None:
    for method in ("historical", "parametric", "cornish_fisher", "monte_carlo"):
        answer = calculate(
            RiskRequest(returns=TWO_ASSETS, weights=[0.7, 0.3], assets=["SPY", "AGG"], method=method)
        )

        assert [part.asset for part in answer.components] == ["SPY", "AGG"]
        assert sum(part.component for part in answer.components) == pytest.approx(answer.var, rel=1e-12)
        assert sum(part.component_cvar for part in answer.components) == pytest.approx(answer.cvar, rel=1e-12)
        assert sum(part.share or 0 for part in answer.components) == pytest.approx(1, rel=1e-12)
        assert sum(part.component_volatility or 0 for part in answer.components) == pytest.approx(
            answer.volatility, rel=1e-12
        )


def test_the_parametric_figure_is_that_of_the_textbook() -> None:
    # Mean 0.002 and sample deviation 0.016431677, times the 5 % quantile -1.644853627 of the normal distribution.
    answer = calculate(RiskRequest(returns=[0.01, -0.02, 0.02, -0.01, 0.01], method="parametric", ddof=1))

    assert answer.volatility == pytest.approx(0.0164316767)
    assert answer.var == pytest.approx(-0.002 + 1.6448536270 * 0.0164316767)
    assert answer.cvar == pytest.approx(-0.002 + 2.0627128075 * 0.0164316767)


def test_a_simulation_is_the_same_for_the_same_request() -> None:
    asked = RiskRequest(returns=TWO_ASSETS, method="monte_carlo")

    assert calculate(asked) == calculate(asked)
    assert calculate(asked).conventions.scenarios == 100_000


@pytest.mark.parametrize("method", ["historical", "parametric", "cornish_fisher", "monte_carlo"])
def test_twice_the_weights_are_twice_the_risk(method: str) -> None:
    once = calculate(RiskRequest(returns=TWO_ASSETS, weights=[0.75, 0.25], method=method))  # type: ignore[arg-type]
    twice = calculate(RiskRequest(returns=TWO_ASSETS, weights=[1.5, 0.5], method=method))  # type: ignore[arg-type]

    assert twice.var == pytest.approx(2 * once.var, rel=1e-12)
    assert twice.cvar == pytest.approx(2 * once.cvar, rel=1e-12)


@pytest.mark.parametrize("method", ["historical", "parametric", "cornish_fisher", "monte_carlo"])
def test_the_order_of_assets_does_not_matter(method: str) -> None:
    turned = [row[::-1] for row in TWO_ASSETS]
    first = calculate(RiskRequest(returns=TWO_ASSETS, weights=[0.7, 0.3], method=method))  # type: ignore[arg-type]
    other = calculate(RiskRequest(returns=turned, weights=[0.3, 0.7], method=method))  # type: ignore[arg-type]

    assert other.var == pytest.approx(first.var, rel=1e-12)
    assert [one.component for one in other.components[::-1]] == pytest.approx(
        [one.component for one in first.components], rel=1e-12
    )


def test_what_is_null_has_its_reason_beside_it() -> None:
    answer = calculate(RiskRequest(returns=[[0.01, -0.01], [0.02, -0.02]], weights=[0.5, 0.5]))

    assert [one.share for one in answer.components] == [None, None]
    assert [one.component_volatility for one in answer.components] == [None, None]
    assert set(answer.unavailable) == {"share", "marginal_volatility", "component_volatility"}
    assert calculate(RiskRequest(returns=TWO_ASSETS)).unavailable == {}


def test_no_loss_has_no_sign() -> None:
    answer = calculate(RiskRequest(returns=[0.0, 0.0, 0.0]))

    assert "-0.0" not in msgspec.json.encode(answer).decode()


def test_all_that_does_not_fit_is_named() -> None:
    asked = RiskRequest(returns=[[0.1, 0.2], [0.1], [0.1, 0.2, 0.3]], weights=[1.0], assets=["A", "A"])

    with pytest.raises(Refused) as refusal:
        calculate(asked)

    assert [(one.field, one.code) for one in refusal.value.violations] == [
        ("returns.1", "length"),
        ("returns.2", "length"),
        ("weights", "length"),
        ("assets", "duplicate"),
    ]


def test_numbers_and_lists_do_not_mix() -> None:
    with pytest.raises(Refused) as refusal:
        calculate(decoded('{"returns": [[0.1], 0.2]}'))

    assert [one.field for one in refusal.value.violations] == ["returns.1"]


@pytest.mark.parametrize("method", ["historical", "parametric", "cornish_fisher", "monte_carlo"])
def test_returns_too_small_to_divide_by_are_no_error(method: str) -> None:
    answer = calculate(RiskRequest(returns=[1e-320, -1e-320, 3e-320], method=method))  # type: ignore[arg-type]

    assert answer.volatility == pytest.approx(0)


@pytest.mark.parametrize(
    "body",
    [
        '{"returns": [0.1]}',
        '{"returns": [0.1, "x"]}',
        '{"returns": [[], []]}',
        '{"returns": [0.1, 1e400]}',
        '{"returns": [0.1, 0.2], "confidence": 1}',
        '{"returns": [0.1, 0.2], "ddof": 2}',
        '{"returns": [0.1, 0.2], "method": "magic"}',
        '{"returns": [0.1, 0.2], "extra": 1}',
    ],
)
def test_what_is_no_request_is_not_decoded(body: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(body)


def test_both_shapes_of_returns_are_decoded() -> None:
    assert decoded('{"returns": [1, 0.2]}').returns == [1.0, 0.2]
    assert decoded('{"returns": [[1, 0.2], [0, 1]]}').returns == [[1.0, 0.2], [0.0, 1.0]]
