"""Figures of a method's weights, each a number or null with a reason."""

import math
from collections.abc import Iterable
from typing import Any, Final

from analytics.optimization.figures import weights as figures
from analytics.optimization.sample import Floats, Sample
from analytics.performance import dispersion, growth, ratios, relative
from application.optimization.answer import Metrics, Realised, Relative
from domain.unavailable import Missing

UNDEFINED: Final = Missing(code="undefined", detail="What it would be divided by is zero.")
NO_RETURNS: Final = Missing(
    code="no_returns",
    detail="It looks at single periods, which expected returns and a covariance do not tell.",
)
NO_BENCHMARK: Final = Missing(code="no_benchmark", detail="There is no benchmark to compare with.")
NO_CURRENT: Final = Missing(
    code="no_current_weights", detail="What is held now is not known; send `constraints.current_weights`."
)
SHORT_PERIOD: Final = Missing(
    code="short_period",
    detail="A return of less than a year is not annualised; it would claim what did not happen.",
)
TOO_FEW: Final = Missing(code="too_few_observations", detail="At least two returns are needed.")
TAIL: Final = 0.95
AGAINST: Final = ("active_return", "tracking_error", "information_ratio", "beta")
BY_PERIOD: Final = ("sortino_ratio", "max_drawdown", "var_95", "cvar_95")


class Told:
    """Figures by name, and why those that are None are."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.unavailable: dict[str, Missing] = {}

    def tell(self, name: str, figure: float | None, missing: Missing = UNDEFINED) -> None:
        """Note a figure; `missing` says why where it is None or no number."""
        known = figure is not None and math.isfinite(figure)
        self.values[name] = float(figure) + 0.0 if known and figure is not None else None  # not -0
        if not known:
            self.unavailable[name] = missing

    def withhold(self, names: Iterable[str], missing: Missing) -> None:
        """Note that none of the figures can be told."""
        for name in names:
            self.tell(name, None, missing)


def metrics_of(weights: Floats, sample: Sample) -> tuple[Metrics, dict[str, Missing]]:
    """Return what weights promise by the sample's moments, and what they would have done in its periods.

    What is not invested (or borrowed) earns (or costs) the risk-free rate in ratios, so that w'(μ − r) is the excess.
    """
    told = Told()
    year = sample.periods_per_year
    expected = float(weights @ sample.mean)
    spread = math.sqrt(figures.variance(weights, sample.covariance))
    free = sample.risk_free * float(weights.sum())
    told.tell("expected_return", expected * year)
    told.tell("volatility", spread * math.sqrt(year))
    told.tell("sharpe_ratio", (expected - free) / spread * math.sqrt(year) if spread > 0 else None)
    told.tell("diversification_ratio", figures.diversification_ratio(weights, sample.covariance))
    told.tell("effective_number_of_assets", figures.effective_number(weights))
    moved = None if sample.current is None else figures.turnover(weights, sample.current)
    told.tell("turnover", moved, NO_CURRENT)
    if sample.returns is None:
        told.withhold((*BY_PERIOD, *AGAINST), NO_RETURNS)
    else:
        returns = sample.returns @ weights
        _by_period(told, returns, year, free)
        _against(told, returns, sample.benchmark, year, free)
    return Metrics(**told.values), told.unavailable


def realised_of(returns: Floats, year: float, free: float) -> tuple[Realised, dict[str, Missing]]:
    """Return what returns were like; `free` is the risk-free return of one period."""
    told = _realised(returns, year, free)
    return Realised(periods=len(returns), **told.values), told.unavailable


def relative_of(
    returns: Floats, benchmark: Floats | None, year: float, free: float, *, invested: float
) -> tuple[dict[str, Any], dict[str, Missing]]:
    """Return the fields of `Relative` by name, and why figures among them are null.

    invested : what weights add up to; the rest earns the risk-free return, unlike the benchmark, which has no rest.
    """
    told = _realised(returns, year, free * invested)
    _against(told, returns, benchmark, year, free * invested)
    theirs = None if benchmark is None else realised_of(benchmark, year, free)[0]
    fields = {"periods": len(returns), "benchmark": theirs, "unavailable": told.unavailable, **told.values}
    return fields, told.unavailable


def in_sample(weights: Floats, sample: Sample) -> Relative | None:
    """Return what the weights would have done over the whole sample; None where only moments are known."""
    if sample.returns is None:
        return None
    fields, _ = relative_of(
        sample.returns @ weights, sample.benchmark, sample.periods_per_year, sample.risk_free,
        invested=float(weights.sum()),
    )  # fmt: skip
    return Relative(**fields)


def _realised(returns: Floats, year: float, free: float) -> Told:
    told = Told()
    long_enough = len(returns) >= year
    left = growth.until_ruin(returns)
    told.tell("total_return", growth.total_return(left))
    annual = growth.annual_return(left, year) if long_enough else None
    told.tell("annual_return", annual, UNDEFINED if long_enough else SHORT_PERIOD)
    told.tell("expected_return", float(returns.mean()) * year)
    told.tell("volatility", dispersion.annual_volatility(returns, year), TOO_FEW)
    enough = len(returns) > 1
    sharpe = ratios.sharpe_ratio(returns, year, risk_free=free) if enough else None
    told.tell("sharpe_ratio", sharpe, UNDEFINED if enough else TOO_FEW)
    _by_period(told, returns, year, free)
    return told


def _by_period(told: Told, returns: Floats, year: float, free: float) -> None:
    told.tell("sortino_ratio", ratios.sortino_ratio(returns, year, mar=free))
    told.tell("max_drawdown", growth.max_drawdown(growth.until_ruin(returns)))
    told.tell("var_95", dispersion.value_at_risk(returns, confidence=TAIL))
    told.tell("cvar_95", dispersion.conditional_value_at_risk(returns, confidence=TAIL))


def _against(told: Told, returns: Floats, benchmark: Floats | None, year: float, free: float) -> None:
    if benchmark is None:
        told.withhold(AGAINST, NO_BENCHMARK)
        return
    if len(returns) < 2:
        told.withhold(AGAINST, TOO_FEW)
        return
    told.tell("active_return", float((returns - benchmark).mean()) * year)
    told.tell("tracking_error", relative.tracking_error(returns, benchmark, year))
    told.tell("information_ratio", relative.information_ratio(returns, benchmark, year))
    told.tell("beta", relative.beta(returns, benchmark, risk_free=free))
