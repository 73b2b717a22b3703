import numpy as np
import pytest

from analytics.factors import regress, risk_shares


def test_the_shares_of_factors_and_the_rest_sum_to_the_variance() -> None:
    draw = np.random.default_rng(3)
    factors = draw.normal(size=(252, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.2], [0, 0, 1]])
    dependent = factors @ [0.9, -0.3, 0.2] + draw.normal(size=252)
    fitted = regress(dependent, factors)

    shares = risk_shares(np.array([one.value for one in fitted.loadings]), factors, fitted.residuals)

    assert shares.total == pytest.approx(dependent.var(ddof=1), rel=1e-12)
    assert shares.factors.sum() + shares.specific == pytest.approx(shares.total, rel=1e-14)
    assert 1 - shares.specific / shares.total == pytest.approx(fitted.r_squared, rel=1e-12)


def test_a_single_factor_accounts_for_its_share_of_variance() -> None:
    draw = np.random.default_rng(3)
    factor = draw.normal(size=(100, 1))
    fitted = regress(2 * factor[:, 0] + draw.normal(size=100), factor)

    shares = risk_shares(np.array([fitted.loadings[0].value]), factor, fitted.residuals)

    assert shares.factors[0] == pytest.approx(fitted.loadings[0].value ** 2 * factor.var(ddof=1))
