"""The figures of a risk snapshot as somebody would write them with empyrical and pandas."""

from dataclasses import dataclass

import empyrical  # type: ignore[import-untyped]
import pandas as pd  # type: ignore[import-untyped]

from application.market.history import Floats

STEP = 1e-6
SHOWN = 30


@dataclass(frozen=True, slots=True)
class Figures:
    """What is compared with ours, so that neither is fast by computing something else."""

    var_95: float
    volatility: float


def figures(returns: Floats, weights: Floats, market: Floats) -> Figures:
    """Compute what our snapshot holds: tails, ratios, drawdown, correlations, and what each position adds.

    The library knows no components; the usual way is beta for the volatility and a small step for the value at risk.
    """
    days = pd.bdate_range("2013-01-01", periods=len(returns))
    frame = pd.DataFrame(returns, index=days)
    benchmark = pd.Series(market, index=days)
    portfolio = frame.dot(weights)
    active = portfolio - benchmark
    tails = [empyrical.value_at_risk(portfolio, cutoff) for cutoff in (0.05, 0.01, 0.001)]
    shortfalls = [empyrical.conditional_value_at_risk(portfolio, cutoff) for cutoff in (0.05, 0.01)]
    recent = [empyrical.annual_volatility(portfolio.iloc[-days:]) for days in (30, 90)]
    volatility = empyrical.annual_volatility(portfolio)
    ratios = [
        empyrical.sharpe_ratio(portfolio),
        empyrical.sortino_ratio(portfolio),
        empyrical.max_drawdown(portfolio),
        empyrical.beta(portfolio, benchmark),
        empyrical.annual_volatility(active),
        empyrical.excess_sharpe(portfolio, benchmark),
    ]
    largest = pd.Series(weights).abs().nlargest(SHOWN).index
    correlations = frame[largest].corr()
    components = [
        (
            weight * empyrical.beta(frame[at], portfolio) * volatility,
            weight * (empyrical.value_at_risk(portfolio + STEP * frame[at], 0.05) - tails[0]) / STEP,
        )
        for at, weight in enumerate(weights)
    ]
    assert len(components) == len(weights)
    assert [*shortfalls, *recent, *ratios, correlations]
    return Figures(var_95=-float(tails[0]), volatility=float(volatility))
