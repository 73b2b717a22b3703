"""Which regime the market is in: the hidden Markov model's answer, and when it has none."""

from datetime import date
from hashlib import sha256

import numpy as np

from analytics.risk.discount_rate import equity_premium_delta
from analytics.risk.regime import RegimeModel, fit_regimes
from application.market.history import Floats
from application.risk.inputs import IndexLevels
from domain.risk import MacroRegime, Regime
from domain.unavailable import Missing

MODEL = "two-state Gaussian hidden Markov model, filtered"
OBSERVATIONS_MIN = 500
PROBABILITY_MIN = 0.6
AGE_DAYS_MAX = 31
"""A state stays for some five weeks: what the index did before that says little of today."""
PERIODS_PER_YEAR = 252
CALM, TURBULENT = "risk_on", "risk_off"
KEPT = 64


class RegimeCache:
    """Fitted models by the returns they were fitted to: one fit per index and day, and after each correction."""

    def __init__(self) -> None:
        self._models: dict[bytes, RegimeModel | None] = {}

    def model(self, returns: Floats) -> RegimeModel | None:
        """Return the model of these returns, fitted the first time."""
        key = sha256(returns.tobytes()).digest()
        if key not in self._models:
            while len(self._models) >= KEPT:
                del self._models[next(iter(self._models))]
            self._models[key] = fit_regimes(returns)
        return self._models[key]


def regime_of(
    index: IndexLevels | None, cache: RegimeCache, as_of: date
) -> tuple[Regime, MacroRegime, RegimeModel | None]:
    """Return the regime of a day, what it was read from, and the model; `unknown` says why in the detail."""
    if index is None:
        reason = "No index has levels; import those of the benchmark or of SP500."
        return "unknown", _nothing(None, 0, reason), None
    returns = index.levels[1:] / index.levels[:-1] - 1
    newest = index.days[-1].item()
    if (as_of - newest).days > AGE_DAYS_MAX:
        reason = f"The newest level of {index.ticker} is of {newest}, more than {AGE_DAYS_MAX} days before {as_of}."
        return "unknown", _nothing(index, len(returns), reason), None
    if len(returns) < OBSERVATIONS_MIN:
        reason = f"{len(returns)} daily returns of {index.ticker} are known; {OBSERVATIONS_MIN} are needed."
        return "unknown", _nothing(index, len(returns), reason), None
    model = cache.model(returns)
    if model is None:
        return "unknown", _nothing(index, len(returns), f"{index.ticker} never changes."), None
    turbulent = float(model.turbulent[-1])
    likelier: Regime = "risk_off" if turbulent > 0.5 else "risk_on"
    probability = max(turbulent, 1 - turbulent)
    sure = probability >= PROBABILITY_MIN
    detail = _detail(index, model, len(returns), probability, None if sure else _unsure(probability))
    return likelier if sure else "unknown", detail, model


def missing_model(detail: MacroRegime) -> Missing:
    """Return why figures that need the model are null."""
    return Missing(code="no_regime", detail=detail.reason or "The regime is not known.")


def _unsure(probability: float) -> str:
    return f"The likelier state has a probability of {probability:.2f}; {PROBABILITY_MIN} is needed."


def _nothing(index: IndexLevels | None, count: int, reason: str) -> MacroRegime:
    return MacroRegime(
        probability=None,
        probability_risk_off=None,
        as_of=None if index is None else index.days[-1].item(),
        model=MODEL,
        index=None if index is None else index.ticker,
        n_observations=count,
        reason=reason,
    )


def _detail(
    index: IndexLevels, model: RegimeModel, count: int, probability: float, reason: str | None
) -> MacroRegime:
    expected = model.mean_variance(model.expected_turbulence(PERIODS_PER_YEAR)) * PERIODS_PER_YEAR
    return MacroRegime(
        probability=probability,
        probability_risk_off=float(model.turbulent[-1]),
        as_of=index.days[-1].item(),
        model=MODEL,
        index=index.ticker,
        n_observations=count,
        state_volatilities=_by_state(np.sqrt(np.array(model.variances) * PERIODS_PER_YEAR)),
        state_means=_by_state(np.array(model.means) * PERIODS_PER_YEAR),
        persistence=_by_state(np.array(model.stay)),
        expected_variance_12m=expected,
        stationary_variance=model.mean_variance(model.stationary) * PERIODS_PER_YEAR,
        equity_premium_delta_bps=equity_premium_delta(model) * 1e4,
        log_likelihood=model.log_likelihood,
        reason=reason,
    )


def _by_state(pair: Floats) -> dict[str, float]:
    return {CALM: float(pair[0]), TURBULENT: float(pair[1])}
