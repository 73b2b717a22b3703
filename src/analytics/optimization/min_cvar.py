"""The least conditional value at risk: min CVaR_β(w) within the limits, over the periods of the sample.

CVaR_β is the mean loss in the worst 1 − β of the periods, here with every period equally likely. As a minimum over a
threshold a, CVaR_β(w) = min_a a + Σ max(−r_t'w − a, 0) / (T(1−β)), it is a linear programme; how it is solved is told
in `tail_programme`. Among portfolios of the same CVaR the one with the least sum of squared weights is taken.

No distribution is assumed, but only T(1−β) periods say anything: with 250 days and β = 0.95 the answer rests on a dozen
of them, and an in-sample CVaR flatters itself. Where a tail has no more than one period, CVaR is the largest loss.
Expected returns and costs do not enter, unless a limit asks for a return.

References
----------
R. T. Rockafellar, S. Uryasev, "Optimization of conditional value-at-risk", Journal of Risk 2 (2000), 21-41.
"""

from analytics.optimization.fit import Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample
from analytics.optimization.tail_optimum import least_tail, needed
from analytics.optimization.tail_programme import Tail
from analytics.optimization.tail_scenarios import PeriodLosses


def fit(sample: Sample, limits: Limits, *, beta: float = 0.95) -> Fit:
    """Return the weights with the least CVaR at a confidence such as 0.95.

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    CannotFit
        Code `needs_returns`: only moments are known; `solver_failed`: every solver of the chain failed.
    """
    return least_tail(Tail(scenarios=PeriodLosses(needed(sample)), beta=beta), limits, sample).as_fit()
