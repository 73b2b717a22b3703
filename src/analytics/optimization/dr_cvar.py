"""CVaR against return in the worst case around the sample: distributionally robust.

Minimise over w the largest value, over all distributions within Wasserstein distance ε of the sample, of
E[−r'w] + λ·CVaR_β(w). Distances between returns are sums of absolute differences, and returns may be any number; then
the worst case is exactly the sample's value and a price on the largest weight:

    −r̄'w + λ·CVaR_β(w) + ε·(1 + λ/(1−β))·max|w_i|      (r̄ the sample mean)

since the loss is piecewise linear with slopes of at most 1 + λ/(1−β) times w, and the maximum norm is dual to the sum.
A linear programme, solved like that of CVaR (`tail_programme`).

The price pulls towards equal weights: ε = 0 trusts the sample, a large ε ends at 1/n. On daily returns 0.0005 to 0.005
is a range in which something happens. An implementation may add that returns lie above −1: that changes the worst case
only where ε is about 1 − β or more, and weights are equal long before.
The mean is the sample's own, whatever estimator is chosen for others: the ball is drawn around the sample.

References
----------
P. Mohajerin Esfahani, D. Kuhn, "Data-driven distributionally robust optimization using the Wasserstein metric",
Mathematical Programming 171 (2018), 115-166, section 7.1.
"""

from analytics.optimization.fit import Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample
from analytics.optimization.tail_optimum import least_tail, needed
from analytics.optimization.tail_programme import Tail
from analytics.optimization.tail_scenarios import PeriodLosses


def fit(
    sample: Sample,
    limits: Limits,
    *,
    radius: float = 0.001,
    beta: float = 0.95,
    risk_aversion: float = 1.0,
) -> Fit:
    """Return the weights that are best in the worst case within `radius` of the sample.

    radius : ε, in units of return
    beta : confidence of CVaR, such as 0.95
    risk_aversion : λ, the price of CVaR against mean return

    Trading costs come off the mean return.

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    CannotFit
        Code `needs_returns`: only moments are known; `solver_failed`: every solver of the chain failed.
    """
    returns = needed(sample)
    tail = Tail(scenarios=PeriodLosses(returns), beta=beta, price=risk_aversion)
    ball = radius * (1 + risk_aversion / (1 - beta))
    return least_tail(tail, limits, sample, vector=-returns.mean(axis=0), charge=1.0, ball=ball).as_fit()
