"""Pictures of the methods that reckon with expected returns: the critical line, views, regimes; and of estimators."""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from methods_style import (
    ACCENT,
    BAND,
    BENCHMARK,
    LOSS,
    MUTED,
    PALETTE,
    PERCENT,
    PORTFOLIO,
    YEAR,
    Data,
    Drawing,
    bars,
    frontier,
    mark,
    named,
    plane,
)

from analytics.optimization.estimators import estimator
from analytics.optimization.hidden_markov import fit_states
from analytics.optimization.sample import Floats

VIEWS: Final = (
    {"assets": {"XOM": 1.0, "CVX": -1.0}, "return": 0.05 / YEAR, "confidence": 0.75},
    {"assets": {"WMT": 1.0}, "return": 0.12 / YEAR, "confidence": 0.5},
)
SHOWN: Final = 7
"""As many assets have a color of their own."""


def critical_line(figure: Figure, shown: Data) -> str:
    """Draw the frontier with its turning points, and what it is made of along the way."""
    fit = shown.fit("CriticalLineAlgorithm")
    corners = np.array([weights for weights, *_ in fit.extras["frontier"]])
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.1))
    plane(left, shown)
    frontier(left, shown)
    at = [(shown.volatility(weights), shown.expected(weights)) for weights in corners]
    left.plot(*zip(*at, strict=True), "o", color=ACCENT, markersize=4.5, label="turning points")
    mark(left, shown, fit.weights, "highest ratio")
    left.legend(loc="lower right", fontsize=8.5)
    _made_of(right, shown, corners)
    return (
        f"The efficient frontier of {len(shown.assets)} stocks by its {len(corners)} turning points, and the weights "
        f"along it; the highest Sharpe ratio holds {named(shown, fit.weights)}."
    )


def _made_of(axes: Axes, shown: Data, corners: Floats) -> None:
    """Draw weights on top of each other by the expected return of the portfolio."""
    order = np.argsort(-np.round(corners.max(axis=0), 9), kind="stable")
    layers = [*corners.T[order[:SHOWN]], corners.T[order[SHOWN:]].sum(axis=0)]
    labels = [*(shown.assets[at] for at in order[:SHOWN]), "others"]
    returns = [shown.expected(weights) for weights in corners]
    axes.stackplot(
        returns[::-1], [layer[::-1] for layer in layers], labels=labels, colors=[*PALETTE[:SHOWN], BAND]
    )
    axes.set_xlabel("expected return, a year")
    axes.xaxis.set_major_formatter(PERCENT)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.set_ylim(0, 1)
    axes.set_xlim(min(returns), max(returns))
    axes.legend(loc="upper center", ncols=4, fontsize=8, bbox_to_anchor=(0.5, 1.2))


def black_litterman(figure: Figure, shown: Data) -> str:
    """Draw what two views do to returns, and to weights."""
    views: Any = list(VIEWS)
    before = shown.fit("BlackLitterman", views=[])
    after = shown.fit("BlackLitterman", views=views)
    left, right = figure.subplots(1, 2)
    returns = {
        name: np.array(list(after.extras[key].values())) * YEAR
        for name, key in (("equilibrium", "equilibrium_returns"), ("with views", "posterior_returns"))
    }
    bars(left, shown, returns, colors=(BENCHMARK, PORTFOLIO))
    left.set_xlabel("expected return, a year")
    bars(right, shown, {"with views": after.weights, "market": before.weights}, colors=(PORTFOLIO, BENCHMARK))
    right.set_xlabel("weight")
    return (
        "Two views, that XOM returns five points more than CVX and that WMT returns 12 %, move expected returns of all "
        f"that is correlated with them, and weights to {named(shown, after.weights)}."
    )


def hmm_regime(figure: Figure, shown: Data) -> str:
    """Draw how turbulent each day was taken to be, and what is held for the next."""
    fit = shown.fit("HMMRegimeMVO")
    benchmark = shown.sample.benchmark
    assert benchmark is not None
    model = fit_states(benchmark, 2)
    assert model is not None
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1.0))
    left.fill_between(shown.days, model.filtered[:, 1], color=LOSS, alpha=0.35, linewidth=0)
    left.set_ylim(0, 1)
    left.yaxis.set_major_formatter(PERCENT)
    left.set_ylabel("probability of turbulence")
    level = left.twinx()
    level.plot(shown.days, np.cumprod(1 + benchmark), color=PORTFOLIO, linewidth=1.1)
    level.set_ylabel("S&P 500, start = 1", color=PORTFOLIO)
    level.grid(visible=False)
    bars(right, shown, {"weight": fit.weights})
    right.set_xlabel("weight for the next day")
    ahead = fit.extras["regime"]["probabilities"]["next"][1]
    return (
        f"Filtered probability of the turbulent regime below the level of the S&P 500; the next day is turbulent with "
        f"{100 * ahead:.0f} %, and the largest weights are {named(shown, fit.weights)}."
    )


def estimators(figure: Figure, shown: Data) -> str:
    """Draw eigenvalues that noise has as well, and how far estimates of returns lie apart."""
    returns = shown.sample.history
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1.0))
    kinds = {"empirical": BENCHMARK, "ledoit_wolf": ACCENT, "denoised": PORTFOLIO}
    places = np.arange(1, len(shown.assets) + 1)
    for kind, color in kinds.items():
        left.semilogy(
            places, _eigenvalues(estimator(covariance=kind)(returns)[1]), "o-", color=color, label=kind
        )
    left.set_xlabel("eigenvalue of the correlations, the largest first")
    left.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    left.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    left.legend(loc="upper right")
    figures = {
        kind: estimator(expected_returns=kind)(returns)[0] * YEAR
        for kind in ("empirical", "shrunk", "equilibrium")
    }
    bars(right, shown, figures, colors=(BENCHMARK, PORTFOLIO, LOSS))
    right.axvline(0, color=MUTED, linewidth=0.9)
    right.set_xlabel("expected return, a year")
    return (
        "Eigenvalues of correlations of twenty stocks by three estimators of covariance, and their expected returns "
        "by three: shrunk ones lie closer together than means."
    )


def _eigenvalues(covariance: Floats) -> Floats:
    spread = np.sqrt(np.diag(covariance))
    return np.asarray(np.linalg.eigvalsh(covariance / np.outer(spread, spread))[::-1])


DRAWINGS: dict[str, Drawing] = {
    "critical-line-algorithm": critical_line,
    "black-litterman": black_litterman,
    "hmm-regime-mvo": hmm_regime,
    "estimators": estimators,
}
