"""Historical tails where the quantile is itself a return, which 1 - 0.9 in floating point would miss."""

import numpy as np
import pytest

from analytics.performance.dispersion import conditional_value_at_risk, value_at_risk
from analytics.risk.tail import tail_risk

RETURNS = np.arange(-3.0, 8.0) / 1000


def test_a_return_at_the_quantile_belongs_to_the_tail() -> None:
    # Eleven returns at 90 %: the quantile is the second lowest, -0.002, and the tail has both.
    assert value_at_risk(RETURNS, confidence=0.9) == 0.002
    assert conditional_value_at_risk(RETURNS, confidence=0.9) == pytest.approx(0.0025, abs=1e-15)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.975, 0.99])
def test_performance_and_risk_mean_the_same_tail(confidence: float) -> None:
    risk = tail_risk(RETURNS, confidence, "historical")
    assert value_at_risk(RETURNS, confidence=confidence) == risk.var
    assert conditional_value_at_risk(RETURNS, confidence=confidence) == risk.cvar


@pytest.mark.parametrize("confidence", [1e-12, 1e-300, 0.999999999999])
def test_a_single_return_is_its_own_tail(confidence: float) -> None:
    assert conditional_value_at_risk(np.array([-0.1]), confidence=confidence) == 0.1
