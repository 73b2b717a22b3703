"""Value at risk, shortfall and volatility of the whole, and what each holding adds to them."""

from math import isnan, sqrt
from typing import Final

from analytics.risk.components import Marginals, marginals
from analytics.risk.ratios import correlation
from analytics.risk.tail import tail_risk
from application.market.history import Floats
from application.risk.figures import PERIODS_PER_YEAR, Figures
from application.risk.scenarios import Scenarios
from domain.risk import CorrelationMatrix, Method, RiskComponent

CORRELATED: Final = 30
CONFIDENCES: Final = {"95": 0.95, "99": 0.99, "999": 0.999}
TAILS: Final = ("var_95_1d", "var_99_1d", "var_999_1d", "cvar_95_1d", "cvar_99_1d")


def tell_tails(figures: Figures, portfolio: Floats, method: Method, *, seed: int) -> None:
    """Tell value at risk and shortfall of one day."""
    for name, confidence in CONFIDENCES.items():
        tail = tail_risk(portfolio, confidence, method, seed=seed)
        figures.tell(f"var_{name}_1d", tail.var)
        if name != "999":
            figures.tell(f"cvar_{name}_1d", tail.cvar)


def components_of(past: Scenarios, method: Method, *, seed: int) -> list[RiskComponent]:
    """Return what each holding adds to `var_95_1d` and `volatility`; the largest first."""
    slopes = marginals(past.returns, past.weights, 0.95, method, seed=seed)
    total = float(past.weights @ slopes.var)
    rows = [_component(past, at, slopes, total) for at in range(len(past.holdings))]
    return sorted(rows, key=lambda row: (-abs(row.weight), row.ticker, str(row.position_id)))


def _component(past: Scenarios, at: int, slopes: Marginals, total: float) -> RiskComponent:
    # Adding 0.0 turns the -0.0 of a holding that loses nothing into 0.
    weight, in_var = float(past.weights[at]), float(slopes.var[at]) + 0.0
    in_volatility = (
        None if slopes.volatility is None else float(slopes.volatility[at]) * sqrt(PERIODS_PER_YEAR) + 0.0
    )
    return RiskComponent(
        ticker=past.holdings[at].ticker,
        position_id=past.holdings[at].position_id,
        weight=weight,
        component_var=weight * in_var + 0.0,
        marginal_var=in_var,
        component_cvar=weight * float(slopes.cvar[at]) + 0.0,
        component_volatility=None if in_volatility is None else weight * in_volatility + 0.0,
        marginal_volatility=in_volatility,
        share=weight * in_var / total + 0.0 if total else None,
    )


def correlations_of(past: Scenarios) -> CorrelationMatrix | None:
    """Return the correlations of the 30 largest positions; None without positions."""
    positions = [at for at, one in enumerate(past.holdings) if one.position_id is not None]
    if not positions:
        return None
    largest = sorted(positions, key=lambda at: (-abs(past.weights[at]), past.holdings[at].ticker))[
        :CORRELATED
    ]
    matrix = correlation(past.returns[:, largest])
    return CorrelationMatrix(
        tickers=[past.holdings[at].ticker for at in largest],
        values=[[None if isnan(value) else value for value in row] for row in matrix.tolist()],
        omitted=len(positions) - len(largest),
    )
