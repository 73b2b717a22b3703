"""Covariance matrices of returns of shape (n_periods, n_assets), oldest first, without NaN; figures are per period."""

import numpy as np

from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats

ALONE = 1e-6
"""What 1 − Σw² has to be, of the weights of periods: less of it is rounding."""


def empirical(returns: Floats) -> Floats:
    """Return the sample covariance, with n - 1."""
    centred = returns - returns.mean(axis=0)
    return symmetric(centred.T @ centred / (len(returns) - 1))


def ewm(returns: Floats, *, half_life: float) -> Floats:
    """Return the covariance in which a period counts half as much as the one `half_life` periods later.

    The mean is weighted alike, and the sum of weighted squares is scaled to be unbiased for independent returns.

    Raises
    ------
    CannotFit
        `short_half_life` where next to all the weight is on the last period, from which nothing varies.
    """
    weights = decay(len(returns), half_life)
    spread_over = 1 - float(weights @ weights)
    if spread_over < ALONE:
        raise CannotFit(
            "short_half_life",
            f"With a half-life of {half_life:g} periods the last one counts alone, and one period has no variance.",
            field="estimators.half_life",
        )
    centred = returns - weights @ returns
    return symmetric((centred.T * weights) @ centred / spread_over)


def shrunk(returns: Floats, *, share: float) -> Floats:
    """Return the sample covariance with `share` of it replaced by the mean variance on the diagonal."""
    return _towards_mean_variance(empirical(returns), share)


def ledoit_wolf(returns: Floats) -> Floats:
    """Return the covariance shrunk towards the mean variance by the share that is best for many independent returns.

    Divides by n, not n - 1, as the paper does.

    References
    ----------
    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004, section 3.3.
    """
    n_periods, n_assets = returns.shape
    centred = returns - returns.mean(axis=0)
    sample = symmetric(centred.T @ centred / n_periods)
    mean_variance = float(np.trace(sample)) / n_assets
    norm = float((sample**2).sum())
    distance = norm - n_assets * mean_variance**2
    # The mean squared norm of one period's outer product is the mean fourth power of its length.
    noise = (float(((centred**2).sum(axis=1) ** 2).mean()) - norm) / n_periods
    share = 0.0 if distance <= 0 or noise <= 0 else min(noise / distance, 1.0)
    return _towards_mean_variance(sample, share)


def decay(n_periods: int, half_life: float) -> Floats:
    """Return weights of periods, oldest first, that halve every `half_life` periods into the past and sum to 1."""
    weights: Floats = 0.5 ** (np.arange(n_periods)[::-1] / half_life)
    weights /= weights.sum()
    return weights


def symmetric(matrix: Floats) -> Floats:
    """Return the matrix without what rounding did to one half and not to the other."""
    halves: Floats = (matrix + matrix.T) / 2
    return halves


def _towards_mean_variance(sample: Floats, share: float) -> Floats:
    shrunk_matrix = (1 - share) * sample
    shrunk_matrix[np.diag_indices_from(shrunk_matrix)] += share * np.trace(sample) / len(sample)
    return shrunk_matrix
