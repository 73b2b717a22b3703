"""Columns of returns that say nothing new."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from analytics.optimization.sample import Floats, Ints

ROUNDING = 1e-13
"""What may be left of the squared length of a column of length 1 that others explain completely."""
PART_OF = 1e-6
REPETITIONS_MAX = 100


@dataclass(frozen=True, slots=True)
class Repetition:
    """A column that is a combination of columns before it and a constant; `others` are those columns."""

    column: int
    others: tuple[int, ...]


def repetitions(returns: Floats) -> list[Repetition]:
    """Return the columns that add nothing to those before them, in returns of shape (n_periods, n_assets).

    Where there are too few periods to tell combinations apart, only columns that follow a single other one count; two
    periods say nothing at all. No column may be constant. At most REPETITIONS_MAX are named.
    """
    centred = returns - returns.mean(axis=0)
    centred /= np.abs(centred).max(axis=0)  # so that squares of what is tiny stay above 0
    columns = centred / np.linalg.norm(centred, axis=0)
    alike = columns.T @ columns
    periods, assets = returns.shape
    if periods > assets:
        return [] if _is_regular(alike) else list(islice(_combinations(alike), REPETITIONS_MAX))
    return list(islice(_copies(alike), REPETITIONS_MAX)) if periods > 2 else []


def _is_regular(alike: Floats) -> bool:
    """Return whether each column adds something to those before it."""
    try:
        return bool(np.diag(np.linalg.cholesky(alike)).min() ** 2 > ROUNDING)
    except np.linalg.LinAlgError:
        return False


def _combinations(alike: Floats) -> Iterator[Repetition]:
    """Take the columns one by one; what one explains of those after it is taken off, unless it is explained itself."""
    left, kept = alike.copy(), []
    for at in range(len(alike)):
        own = left[at, at]
        if own > ROUNDING:
            kept.append(at)
            with_later = left[at, at + 1 :].copy()
            left[at + 1 :, at + 1 :] -= np.outer(with_later, with_later) / own
        else:
            yield Repetition(at, _made_of(alike, np.array(kept), at))


def _made_of(alike: Floats, before: Ints, column: int) -> tuple[int, ...]:
    shares = np.linalg.solve(alike[np.ix_(before, before)], alike[before, column])
    return tuple(before[np.abs(shares) > PART_OF].tolist())


def _copies(alike: Floats) -> Iterator[Repetition]:
    first = (np.abs(alike) > 1 - ROUNDING / 2).argmax(axis=0)
    yield from (Repetition(at, (int(one),)) for at, one in enumerate(first) if one < at)
