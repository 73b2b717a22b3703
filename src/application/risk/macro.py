"""What the market's regime means for the cost of capital and for the value of what is held."""

import msgspec
import numpy as np

from analytics.risk.discount_rate import rate_sensitivity
from analytics.risk.ratios import beta
from application.market.history import Days, Floats
from application.risk.carried import changes_on, returns_on
from application.risk.figures import Figures, too_few
from application.risk.inputs import RiskInputs
from application.risk.regimes import RegimeCache, missing_model, regime_of
from application.risk.scenarios import Scenarios
from domain.risk import MacroRegime, Regime
from domain.unavailable import Missing

YIELD_CHANGES_MIN = 60
FIGURES = ("wacc_delta_bps", "nav_impact_pct")
UNMOVED = Missing(
    code="undefined", detail="The index did not move on the days of the returns: there is no beta to it."
)


def tell_macro(
    figures: Figures, inputs: RiskInputs, past: Scenarios, portfolio: Floats | None, cache: RegimeCache
) -> tuple[Regime, MacroRegime]:
    """Tell what follows from the regime of the index, and return the regime with what it was read from.

    wacc_delta_bps : beta of the portfolio to the index times the change of the equity risk premium; the other parts
        of the cost of capital (rates, spreads, leverage) are taken as unchanged.
    nav_impact_pct : this change of a discount rate times the portfolio's observed sensitivity to a yield.
    """
    regime, detail, model = regime_of(inputs.index, cache, inputs.as_of)
    premium = detail.equity_premium_delta_bps
    if premium is None or model is None or inputs.index is None:
        figures.withhold(FIGURES, missing_model(detail))
        return regime, detail
    market = _index_returns(inputs, past)
    slope = None if portfolio is None else _slope(portfolio, market)
    if slope is None:
        shared = 0 if portfolio is None else int((~np.isnan(market)).sum())
        figures.withhold(FIGURES, too_few(shared, 2) if shared < 2 else UNMOVED)
        return regime, detail
    figures.tell("wacc_delta_bps", slope * premium)
    _tell_nav(figures, inputs, past, portfolio, slope * premium / 1e4)
    return regime, msgspec.structs.replace(detail, beta_to_index=slope)


def _index_returns(inputs: RiskInputs, past: Scenarios) -> Floats:
    assert inputs.index is not None
    return returns_on(_closes(inputs, past), inputs.index.days, inputs.index.levels)[1:]


def _closes(inputs: RiskInputs, past: Scenarios) -> Days:
    """Days between whose closes the portfolio's returns lie: one more than there are returns."""
    return np.concatenate((inputs.current.since, inputs.current.days))[past.first_day :]


def _slope(portfolio: Floats, index: Floats) -> float | None:
    both = ~np.isnan(index)
    return beta(portfolio[both], index[both]) if both.sum() > 1 else None


def _tell_nav(
    figures: Figures, inputs: RiskInputs, past: Scenarios, portfolio: Floats | None, shock: float
) -> None:
    yields = inputs.yields
    if yields is None or portfolio is None:
        detail = "No 10-year yields of the portfolio's currency are known; import them as rates of tenor 10y."
        figures.tell("nav_impact_pct", None, Missing(code="no_yields", detail=detail))
        return
    changes = changes_on(_closes(inputs, past), yields.days, yields.rates)[1:]
    known = int((~np.isnan(changes)).sum())
    sensitivity = rate_sensitivity(portfolio, changes) if known >= YIELD_CHANGES_MIN else None
    impact = None if sensitivity is None else 100 * sensitivity * shock
    figures.tell("nav_impact_pct", impact, too_few(known, YIELD_CHANGES_MIN))
