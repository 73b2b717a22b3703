"""The library call that a method stands against, bare: skfolio's fit of the same model, cvxcla's frontier."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import cvxcla
    from skfolio import RiskMeasure
    from skfolio import optimization as models
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.moments import EquilibriumMu
    from skfolio.prior import BlackLitterman, EmpiricalPrior
    from skfolio.seriation import HierarchicalSeriation

Floats = NDArray[np.float64]
RATIO = models.ObjectiveFunction.MAXIMIZE_RATIO
ASSETS: Final = 20
UTILITY = models.ObjectiveFunction.MAXIMIZE_UTILITY


def fitted(model: Any, returns: Floats, benchmark: Floats | None = None) -> Floats:
    """Return a model's weights; what it warns of is not measured."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(returns) if benchmark is None else model.fit(returns, benchmark)
    return np.asarray(model.weights_)


def robust(returns: Floats, radius: float) -> Floats:
    """Return the weights of skfolio's class for distributionally robust CVaR."""
    return fitted(models.DistributionallyRobustCVaR(wasserstein_ball_radius=radius), returns)


def min_cvar(returns: Floats) -> Floats:
    """Return the weights of the least CVaR at 0.95."""
    return fitted(models.MeanRisk(risk_measure=RiskMeasure.CVAR, cvar_beta=0.95), returns)


def frontier(mean: Floats, covariance: Floats) -> int:
    """Return how many turning points cvxcla finds."""
    return len(cvxcla.CLA.problem(mean, covariance).long_only().budget().trace().turning_points)


def _seriated() -> Any:
    tree = HierarchicalClustering(linkage_method=LinkageMethod.SINGLE)
    return HierarchicalSeriation(hierarchical_clustering_estimator=tree)


def _blended() -> Any:
    prior = EmpiricalPrior(mu_estimator=EquilibriumMu(risk_aversion=2.5))
    names = [[f"x{at}" for at in range(ASSETS)]]
    return BlackLitterman(views=["x0 == 0.0005"], groups=names, tau=0.05, prior_estimator=prior)


def _stacked() -> Any:
    inner = [
        ("inverse", models.InverseVolatility()),
        ("minimum", models.MeanRisk()),
        ("hrp", models.HierarchicalRiskParity(seriation_estimator=_seriated())),
    ]
    return models.StackingOptimization(estimators=inner, final_estimator=models.MeanRisk())


def _tangency(returns: Floats) -> Any:
    traced = cvxcla.CLA.problem(returns.mean(axis=0), np.cov(returns.T)).long_only().budget().trace()
    return traced.frontier.max_sharpe


MODELS: Final[Mapping[str, Callable[[], Any]]] = {
    "MVO": lambda: models.MeanRisk(objective_function=RATIO),
    "MinVol": models.MeanRisk,
    "MaxQuadraticUtility": lambda: models.MeanRisk(objective_function=UTILITY, risk_aversion=0.5),
    "EquiWeighted": models.EqualWeighted,
    "HRP": lambda: models.HierarchicalRiskParity(seriation_estimator=_seriated()),
    "MinCVaR": lambda: models.MeanRisk(risk_measure=RiskMeasure.CVAR),
    "MinCDaR": lambda: models.MeanRisk(risk_measure=RiskMeasure.CDAR),
    "HERC": models.HierarchicalEqualRiskContribution,
    "NCO": lambda: models.NestedClustersOptimization(
        inner_estimator=models.MeanRisk(), outer_estimator=models.MeanRisk(), cv="ignore"
    ),
    "MaximumDiversification": models.MaximumDiversification,
    "RiskBudgeting": models.RiskBudgeting,
    "StackingOptimization": _stacked,
    "InverseVolatility": models.InverseVolatility,
    "SparseMarkowitzL1": lambda: models.MeanRisk(min_weights=-1, l1_coef=1e-5),
    "BlackLitterman": lambda: models.MeanRisk(objective_function=UTILITY, prior_estimator=_blended()),
}
"""Models that need returns alone. HERC2 and HMMRegimeMVO have none; DistributionallyRobustCVaR has a row of its own."""


def bare(method: str, returns: Floats, benchmark: Floats) -> Callable[[], object] | None:
    """Return the library's call for a method; None where it has none."""
    if method == "CriticalLineAlgorithm":
        return lambda: _tangency(returns)
    if method == "BenchmarkTracker":
        return lambda: fitted(models.BenchmarkTracker(), returns, benchmark)
    if method not in MODELS:
        return None
    return lambda: fitted(MODELS[method](), returns)
