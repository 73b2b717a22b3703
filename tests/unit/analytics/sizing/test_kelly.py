"""Sizes by the Kelly criterion: the textbook's examples, and what the formulas promise."""

from math import log

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from analytics.sizing.kelly import kelly_of_bets, kelly_of_returns, sized

SHARES = st.floats(0.01, 1.0)


def test_thorps_bets_have_his_fractions() -> None:
    # E. O. Thorp, "The Kelly Criterion in Blackjack, Sports Betting, and the Stock Market" (2006), section 2: the
    # biased coin that comes up heads with probability 0.53 is worth 0.06 of the bankroll at even money, and f* is the
    # edge over the odds, (b·p − q)/b, at others.
    assert kelly_of_bets(0.53, 1) == pytest.approx(0.06, abs=1e-12)
    assert kelly_of_bets(0.51, 1) == pytest.approx(0.02, abs=1e-12)
    assert kelly_of_bets(0.4, 2) == pytest.approx((2 * 0.4 - 0.6) / 2, abs=1e-12)


def test_thorps_index_has_his_fraction() -> None:
    # The same paper, section 7, on the S&P 500: m = 0.11, s = 0.15 and r = 0.06 give f* = 2.22.
    assert kelly_of_returns(0.11, 0.15**2, 0.06) == pytest.approx(2.22, abs=0.005)


@given(p=st.floats(0.05, 0.95), b=st.floats(0.1, 10))
def test_a_bet_of_the_kelly_fraction_grows_fastest(p: float, b: float) -> None:
    kelly = kelly_of_bets(p, b)
    assume(0.001 < kelly < 0.99)

    def growth_lost(stake: float) -> float:
        return -(p * log(1 + b * stake) + (1 - p) * log(1 - stake))

    best = minimize_scalar(growth_lost, bounds=(0, 0.999999), method="bounded", options={"xatol": 1e-10})
    assert kelly == pytest.approx(best.x, abs=1e-5)


@given(mu=st.floats(-1, 1), free=st.floats(-0.1, 0.2), variance=st.floats(0.001, 2), off=st.floats(-1, 1))
def test_no_other_fraction_of_an_asset_grows_faster(
    mu: float, free: float, variance: float, off: float
) -> None:
    kelly = kelly_of_returns(mu, variance, free)

    def growth(share: float) -> float:
        return free + share * (mu - free) - share**2 * variance / 2

    assert growth(kelly) >= growth(kelly + off) - 1e-9


@given(kelly=st.floats(-1e6, 1e6), fraction=SHARES, cap=SHARES)
def test_nothing_beyond_the_cap_or_below_nothing_is_recommended(
    kelly: float, fraction: float, cap: float
) -> None:
    size = sized(kelly, fraction=fraction, cap=cap)

    assert 0 <= size.recommended <= cap
    assert size.clamped == (kelly * fraction > cap)
    assert size.recommended == (0 if kelly <= 0 else min(kelly * fraction, cap))
