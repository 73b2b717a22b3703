"""The twenty methods by name: whatever is chosen, the weights keep to the limits."""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from analytics.optimization.core.keeping import kept
from analytics.optimization.fit import Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample

FITS: Final[Mapping[str, str]] = {
    "MVO": "mvo",
    "MinVol": "min_vol",
    "MaxQuadraticUtility": "max_quadratic_utility",
    "EquiWeighted": "equi_weighted",
    "HRP": "hrp",
    "MinCVaR": "min_cvar",
    "MinCDaR": "min_cdar",
    "HERC": "herc",
    "NCO": "nco",
    "HERC2": "herc2",
    "CriticalLineAlgorithm": "critical_line",
    "BenchmarkTracker": "benchmark_tracker",
    "MaximumDiversification": "maximum_diversification",
    "RiskBudgeting": "risk_budgeting",
    "DistributionallyRobustCVaR": "dr_cvar",
    "StackingOptimization": "stacking",
    "InverseVolatility": "inverse_volatility",
    "SparseMarkowitzL1": "sparse_markowitz",
    "HMMRegimeMVO": "hmm_regime",
    "BlackLitterman": "black_litterman",
}
"""Each method's module, which has a function `fit`; imported when it is first asked for."""
_KNOWN_BEFORE: Final = frozenset({"risk_free_rate"})
"""Options that whoever made the sample has acted on: `Sample.risk_free` is the rate of one period."""


def fit(name: str, sample: Sample, limits: Limits, options: Mapping[str, Any]) -> Fit:
    """Return a method's weights: exact zeros instead of dust, and within the limits.

    Methods that take limits while they choose are only checked. What the others choose is moved to the nearest
    weights that keep to the limits, and a note says so. Closed forms that stand for no portfolio within limits
    (Black-Litterman by a `convention`) are left as they are.

    Raises
    ------
    CannotFit
        The method cannot be computed on these figures, or (Infeasible) nothing keeps to the limits.
    """
    told = {key: value for key, value in options.items() if key not in _KNOWN_BEFORE}
    chosen: Fit = module(name).fit(sample, limits, **told)
    if options.get("convention") is not None:
        return chosen
    return kept(chosen, limits, sample)


def module(name: str) -> ModuleType:
    """Return a method's module."""
    return import_module(f"analytics.optimization.{FITS[name]}")
