"""Risk of what is held and the state of the market, as the report shows them."""

from typing import Final

import numpy as np

from application.report.content import Contribution, Figure, Regime, Risk, Section
from application.report.figures import Shown, figures_of
from application.risk.inputs import IndexLevels
from application.risk.regimes import RegimeCache
from domain.risk import RiskSnapshot
from domain.unavailable import Missing

ON_COVER: Final[Shown] = (
    ("var_95_1d", "Value at risk, 95 %, 1 day", "percent"),
    ("sharpe_ratio", "Sharpe ratio of holdings", "ratio"),
)
FIGURES: Final[Shown] = (
    ("var_95_1d", "Value at risk, 95 %, 1 day", "percent"),
    ("var_99_1d", "Value at risk, 99 %, 1 day", "percent"),
    ("cvar_95_1d", "Expected shortfall, 95 %", "percent"),
    ("portfolio_vol_30d", "Volatility, 30 days", "percent"),
    ("portfolio_vol_90d", "Volatility, 90 days", "percent"),
    ("volatility", "Volatility, whole window", "percent"),
    ("tracking_error", "Tracking error", "percent"),
    ("sharpe_ratio", "Sharpe ratio", "ratio"),
    ("sortino_ratio", "Sortino ratio", "ratio"),
    ("beta", "Beta", "ratio"),
    ("max_drawdown", "Deepest drawdown", "percent"),
    ("hhi", "Concentration (HHI)", "ratio"),
    ("top5_weight", "Five largest", "percent"),
    ("wacc_delta_bps", "Cost of capital", "bps"),
)
SHOWN_DAYS: Final = 5 * 252
"""Days of the regime's path that are drawn: about five years."""


def cover_figures(measured: RiskSnapshot) -> tuple[Figure, ...]:
    """Return what of the risk belongs on the cover."""
    return figures_of(measured, measured.unavailable, ON_COVER)


def risk_section(measured: RiskSnapshot) -> Section[Risk]:
    """Return the figures and what each position adds to them."""
    if measured.var_95_1d is None:
        return measured.unavailable.get(
            "var_95_1d", Missing(code="no_value", detail="Nothing of value is held.")
        )
    return Risk(
        method=measured.method.replace("_", " "),
        data_from=measured.data_from,
        data_to=measured.data_to,
        n_observations=measured.n_observations,
        figures=(*figures_of(measured, measured.unavailable, FIGURES), _liquidity(measured)),
        contributions=tuple(
            Contribution(name=one.ticker, weight=one.weight, component_var=one.component_var, share=one.share)
            for one in measured.components
            if one.share is not None and one.component_var is not None
        ),
        inputs_hash=measured.inputs_hash,
    )


def regime_section(measured: RiskSnapshot, index: IndexLevels | None, cache: RegimeCache) -> Section[Regime]:
    """Return the probability of turbulence day by day, as the model of the snapshot has it."""
    detail = measured.macro_regime_detail
    if index is None or detail is None or detail.probability_risk_off is None:
        why = detail.reason if detail is not None else None
        return Missing(code="no_regime", detail=why or "The regime is not known.")
    model = cache.model(index.levels[1:] / index.levels[:-1] - 1)
    assert model is not None
    volatilities = detail.state_volatilities or {}
    return Regime(
        days=tuple(index.days[1:][-SHOWN_DAYS:].astype("datetime64[D]").tolist()),
        probability=tuple(np.clip(model.turbulent[-SHOWN_DAYS:], 0.0, 1.0).tolist()),
        label=measured.macro_regime,
        index=index.ticker,
        calm_volatility=volatilities.get("risk_on"),
        turbulent_volatility=volatilities.get("risk_off"),
    )


def _liquidity(measured: RiskSnapshot) -> Figure:
    found, why = measured.liquidity, measured.unavailable.get("liquidity")
    value = None if found is None else found.days_to_liquidate_max
    note = why.detail if why else None
    if found is not None:
        note = f"at {found.participation:.0%} of volume"
    return Figure(label="Time to liquidate", value=value, unit="days", note=note)
