"""The performance calculator: every figure, or the reason why it is not there."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.calculators.performance import calculate
from application.calculators.performance_request import PerformanceMetrics, PerformanceRequest
from domain.errors import Refused

RATES = st.lists(st.floats(-1, 10), min_size=1, max_size=20)


def a_request(**parts: object) -> PerformanceRequest:
    return msgspec.convert(
        {"returns": [0.01, -0.02, 0.03], "periods_per_year": 252, **parts}, PerformanceRequest
    )


def test_series_of_another_length_are_all_refused_at_once() -> None:
    with pytest.raises(Refused) as refusal:
        calculate(a_request(benchmark=[0.01], risk_free=[0.0, 0.0]))
    assert [one.field for one in refusal.value.violations] == ["benchmark", "risk_free"]


def test_without_a_benchmark_the_figures_against_it_say_so() -> None:
    answer = calculate(a_request())
    assert answer.metrics.beta is None
    assert answer.unavailable["beta"].code == "no_benchmark"
    assert "sharpe_ratio" not in answer.unavailable


@pytest.mark.parametrize(
    ("parts", "metric", "code"),
    [
        ({"returns": [0.01]}, "annual_volatility", "too_few_observations"),
        (
            {"benchmark": [0.1, 0.2, 0.3], "risk_free": 1e6, "periods_per_year": 1e5},
            "m_squared",
            "not_finite",
        ),
        ({"returns": [0.01, 0.02, 0.03], "benchmark": [0.01, 0.02, 0.01]}, "treynor_ratio", "no_beta"),
        ({"returns": [0.01, 0.01]}, "sharpe_ratio", "no_dispersion"),
        ({"returns": [0.01, 0.02]}, "sortino_ratio", "no_downside"),
        ({"returns": [0.01, 0.02]}, "calmar_ratio", "no_drawdown"),
        ({"returns": [0.01, -1.0]}, "stability", "no_growth"),
        ({"benchmark": [0.01, 0.01, 0.01]}, "beta", "no_dispersion"),
        ({"benchmark": [0.01, -0.02, 0.03]}, "information_ratio", "no_dispersion"),
        ({"benchmark": [-0.01, -0.02, 0.0]}, "up_capture", "no_periods"),
        ({"returns": [1e6] * 100, "periods_per_year": 1e5}, "annual_return", "not_finite"),
    ],
)
def test_a_figure_that_is_null_has_its_reason(parts: dict[str, object], metric: str, code: str) -> None:
    answer = calculate(a_request(**parts))
    assert getattr(answer.metrics, metric) is None
    assert answer.unavailable[metric].code == code


def test_the_conventions_that_were_asked_for_are_used_and_echoed() -> None:
    plain = calculate(a_request())
    asked = calculate(a_request(ddof=0, mar=0.01, annualisation="geometric", confidence=0.9))
    assert asked.conventions.ddof == 0
    assert asked.conventions.annualisation == "geometric"
    assert asked.metrics.annual_volatility == pytest.approx(
        (plain.metrics.annual_volatility or 0) * math.sqrt(2 / 3)
    )
    assert asked.metrics.omega_ratio == pytest.approx(0.02 / 0.03)
    assert asked.metrics.downside_risk == pytest.approx(0.03 / math.sqrt(3) * math.sqrt(252))


@given(RATES, st.booleans(), st.integers(0, 3))
def test_every_figure_is_finite_or_explained(returns: list[float], against: bool, ddof: int) -> None:
    answer = calculate(a_request(returns=returns, benchmark=returns[::-1] if against else None, ddof=ddof))
    for name in PerformanceMetrics.__struct_fields__:
        figure = getattr(answer.metrics, name)
        assert (figure is None) == (name in answer.unavailable), name
        assert figure is None or math.isfinite(figure)
