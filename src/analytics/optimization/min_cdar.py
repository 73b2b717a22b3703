"""The least conditional drawdown at risk: min CDaR_β(w) within the limits, over the periods of the sample.

The drawdown after period t is the fall from the highest point so far, the start included, where returns are added up:
d_t(w) = max over s <= t of (C_s − C_t)'w, C the cumulative returns. CDaR_β is the mean of the worst 1 − β of them,
T(1−β) in number, and like CVaR a linear programme (see `tail_programme`).

Adding returns up is what makes it linear; a reported maximum drawdown compounds and differs. Drawdowns of neighbouring
periods are nearly the same figure, so a tail rests on two or three falls whatever the length of the sample: what the
past did in them is what the weights avoid. The order of periods counts, unlike in CVaR.

References
----------
A. Chekhlov, S. Uryasev, M. Zabarankin, "Drawdown measure in portfolio optimization", International Journal of
Theoretical and Applied Finance 8 (2005), 13-58.
"""

from analytics.optimization.fit import Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample
from analytics.optimization.tail_optimum import least_tail, needed
from analytics.optimization.tail_programme import Tail
from analytics.optimization.tail_scenarios import Drawdowns


def fit(sample: Sample, limits: Limits, *, beta: float = 0.95) -> Fit:
    """Return the weights with the least CDaR at a confidence such as 0.95.

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    CannotFit
        Code `needs_returns`: only moments are known; `solver_failed`: every solver of the chain failed.
    """
    return least_tail(Tail(scenarios=Drawdowns(needed(sample)), beta=beta), limits, sample).as_fit()
