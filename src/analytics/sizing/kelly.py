"""The share of capital whose repeated staking makes wealth grow fastest.

Both formulas maximise the expected logarithm of wealth. The one for returns does so for a lognormal asset traded
continuously, where the growth rate f·(μ − r) − f²·σ²/2 is greatest at f* = (μ − r)/σ². The one for bets does so for a
stake that is lost with probability 1 − p and wins b times itself with probability p, where
p·ln(1 + b·f) + (1 − p)·ln(1 − f) is greatest at f* = p − (1 − p)/b.

Both take the parameters for known. Estimated ones are wrong, and staking too much costs more growth than staking too
little: beyond 2·f* capital shrinks. That is why a fraction of f* is usual.

References
----------
J. L. Kelly, "A New Interpretation of Information Rate", 1956; E. O. Thorp, "The Kelly Criterion in Blackjack, Sports
Betting, and the Stock Market", 2006, sections 2 (bets) and 7.1 (returns).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """What to stake, as a fraction of capital; `clamped` where the cap is less than the fraction of f*."""

    recommended: float
    clamped: bool


def kelly_of_returns(expected_return: float, variance: float, risk_free_rate: float = 0.0) -> float:
    """Return (μ − r)/σ², the fraction of capital; beyond 1 it is borrowed, below 0 it is short.

    expected_return, variance, risk_free_rate : of the same span of time, such as a year; the variance is positive.
    """
    return (expected_return - risk_free_rate) / variance


def kelly_of_bets(win_probability: float, win_loss_ratio: float) -> float:
    """Return p − (1 − p)/b, the fraction of capital; below 0 the bet is not worth taking.

    win_probability : from 0 to 1. win_loss_ratio : what is won per unit that could be lost, positive.
    """
    return win_probability - (1 - win_probability) / win_loss_ratio


def sized(kelly: float, *, fraction: float, cap: float) -> Size:
    """Return the `fraction` of the Kelly fraction, never beyond `cap` and never below 0."""
    wanted = kelly * fraction
    return Size(recommended=max(min(wanted, cap), 0.0), clamped=wanted > cap)
