"""Weights computed in a process of its own, one thread: JSON in (what, and how often), seconds by method out."""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before numpy is there

import sys
import time
from functools import partial
from typing import Final, get_args

import msgspec
import numpy as np
from tests.bench.computing import Asked, in_turns
from tests.bench.measuring import Measured
from tests.support.optimization_datasets import a_dataset
from tests.support.reference_libraries import sp500_index_returns, sp500_returns

from analytics.optimization import methods
from analytics.optimization.estimators import estimator
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample
from application.optimization.answer import MethodWork
from application.optimization.compute import compute
from application.optimization.options import Method, MethodOptions
from application.optimization.request import Terms
from application.optimization.sampling import weights_alone

DAYS: Final = 1_256
RADIUS: Final = 0.001
MANY: Final = 500
LESS_THAN: Final = 1e-5
"""By how much weights may differ from those of the library."""

ByMethod = dict[str, Measured]


def main() -> None:
    """Answer on standard output."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    measured = {
        "all": all_twenty, "each": each, "robust": robust, "frontier": frontier, "cvar": min_cvar,
    }[asked.what](asked.turns)  # fmt: skip
    sys.stdout.buffer.write(msgspec.json.encode(measured))


def all_twenty(turns: int) -> ByMethod:
    """Every method as a job computes it: weights, figures, and four refits out of sample."""
    dataset = a_dataset(sp500_returns(DAYS), benchmark=sp500_index_returns(DAYS)).encoded()

    def once(method: Method) -> float:
        work = MethodWork(method=method, dataset=dataset, terms=Terms())
        return _completed(work)

    for method in get_args(Method):
        once(method)  # a worker has loaded its modules before
    return {method: Measured([once(method) for _ in range(turns)]) for method in get_args(Method)}


def _completed(work: MethodWork) -> float:
    started = time.perf_counter()
    outcome = compute(work)
    seconds = time.perf_counter() - started
    assert outcome.result.status == "completed", outcome
    return seconds


def each(turns: int) -> ByMethod:
    """One fit of each method from returns to weights, against the library's."""
    from tests.bench.baselines.skfolio_fits import bare

    returns, benchmark = sp500_returns(DAYS), sp500_index_returns(DAYS)
    found: ByMethod = {}
    for method in get_args(Method):
        theirs = bare(method, returns, benchmark)
        if theirs is None:
            continue
        ours = partial(_fit, method, returns, benchmark)
        if method == "EquiWeighted":  # which estimates nothing, in the library either
            ours = partial(_chosen, method, _sample(returns))
        ours()
        theirs()
        found[method] = Measured(*in_turns(ours, theirs, turns))
    return found


def _fit(method: Method, returns: Floats, benchmark: Floats | None = None) -> Floats:
    return _chosen(method, _sample(returns, benchmark))


def _chosen(method: Method, sample: Sample) -> Floats:
    options = weights_alone(method, MethodOptions().of(method).given())  # no frontier: the library draws none
    return methods.fit(method, sample, Limits.long_only(sample.size), options).weights


def _sample(returns: Floats, benchmark: Floats | None = None) -> Sample:
    estimate = estimator()
    mean, covariance = estimate(returns)
    return Sample(
        assets=tuple(str(at) for at in range(returns.shape[1])),
        mean=mean,
        covariance=covariance,
        returns=returns,
        benchmark=benchmark,
        estimator=estimate,
    )


def robust(turns: int) -> ByMethod:
    """Distributionally robust CVaR against skfolio's class."""
    from tests.bench.baselines.skfolio_fits import robust as by_class

    returns = sp500_returns(DAYS)
    ours = _fit("DistributionallyRobustCVaR", returns)
    weights: list[Floats] = []
    seconds = in_turns(
        lambda: _fit("DistributionallyRobustCVaR", returns),
        lambda: weights.append(by_class(returns, RADIUS)),
        turns,
    )
    assert np.abs(ours - weights[0]).max() < LESS_THAN, "both have to choose the same"
    return {"DistributionallyRobustCVaR": Measured(*seconds)}


def frontier(turns: int) -> ByMethod:
    """All turning points of 500 assets, and those that cvxcla finds."""
    from tests.bench.baselines.skfolio_fits import frontier as by_cvxcla

    returns = _many()
    mean, covariance = returns.mean(axis=0), np.cov(returns.T)
    _fit("CriticalLineAlgorithm", returns[:, :20])
    seconds = in_turns(
        lambda: _fit("CriticalLineAlgorithm", returns), lambda: by_cvxcla(mean, covariance), turns
    )
    return {"CriticalLineAlgorithm": Measured(*seconds)}


def min_cvar(turns: int) -> ByMethod:
    """The least CVaR of 500 assets over five years against skfolio's."""
    from tests.bench.baselines.skfolio_fits import min_cvar as by_skfolio

    returns = _many()
    weights: list[Floats] = []
    ours = _fit("MinCVaR", returns)
    seconds = in_turns(lambda: _fit("MinCVaR", returns), lambda: weights.append(by_skfolio(returns)), turns)
    assert np.abs(ours - weights[0]).max() < LESS_THAN, "both have to choose the same"
    return {"MinCVaR": Measured(*seconds)}


def _many() -> Floats:
    """Return five years of 500 assets with five factors and fat tails."""
    rng = np.random.default_rng(1)
    common = rng.normal(0.0003, 0.01, (DAYS, 5))
    own = rng.standard_t(4, (DAYS, MANY)) * rng.uniform(0.006, 0.015, MANY)
    returns: Floats = common @ rng.normal(0.3, 0.3, (5, MANY)) + own + rng.normal(0.0003, 0.0003, MANY)
    return returns


if __name__ == "__main__":
    main()
