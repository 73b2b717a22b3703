"""Which limits cannot hold together, and the least by which one of them must give way."""

from dataclasses import replace
from itertools import combinations
from math import comb
from typing import Final

import numpy as np

from analytics.optimization.core import linear, quadratic
from analytics.optimization.core.members import Member, members
from analytics.optimization.core.names import may_hold
from analytics.optimization.core.programme import NoPoint
from analytics.optimization.fit import CannotFit, Infeasible, Relaxation
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample

_CHECKS_MAX: Final = 300
_CLOSE: Final = 1e-9
_OFFERED: Final = 3
_AT_ONCE: Final = 16
_LARGE: Final = 200
"""With more assets than this, a programme takes too long to be solved for every set of limits."""
_RELAXED_MAX: Final = 12
"""In a conflict of more limits the first ones asked for are relaxed; there is enough to choose from."""


def explain(limits: Limits, sample: Sample) -> None:
    """Raise Infeasible unless some weights keep to all limits.

    The set is first made irreducible by leaving out one limit after the other while the rest still conflicts; then,
    where there are few limits, every smaller set is tried, so that it is the smallest. Each limit in it is relaxed
    alone by as little as lets all limits hold: no limit outside of it can help.

    References
    ----------
    J. W. Chinneck, E. W. Dravnieks, "Locating minimal infeasible constraint sets in linear programs", ORSA Journal on
    Computing 3 (1991), 157-168.
    """
    if holds(limits, sample):
        return
    everyone = members(limits, sample)
    conflict = _smallest(everyone, limits, sample)
    ways = _ways(conflict, limits, sample)
    asked = {member.key for member in conflict if not member.is_usual}
    ways.sort(key=lambda way: (way.key not in asked, _effort(way)))
    raise Infeasible(
        _words(conflict, [way for way in ways if way.key in asked] or ways),
        conflict=tuple(member.key for member in conflict),
        relaxations=tuple(ways),
    )


def _ways(conflict: list[Member], limits: Limits, sample: Sample) -> list[Relaxation]:
    """Return what helps; where programmes are large, what nobody asked for is relaxed only if nothing else helps."""
    found: list[Relaxation] = []
    for member in conflict[:_RELAXED_MAX]:
        if member.is_usual and found and sample.size > _LARGE:
            break
        way = member.relaxation(limits, sample)
        if way is not None:
            found.append(way)
    return found


def holds(limits: Limits, sample: Sample) -> bool:
    """Whether any weights keep to all limits; True where nobody knows."""
    if limits.max_names is not None and not may_hold(limits, sample):
        return False
    try:
        if limits.target_volatility is None:
            return limits.max_names is not None or _answers(limits, sample)
        return _is_calm_enough(limits, sample)
    except NoPoint:
        return False
    except CannotFit:
        return True  # nobody knows; the method itself will say what it finds


def _is_calm_enough(limits: Limits, sample: Sample) -> bool:
    """Whether the least volatility keeps to its limit; True if a search of names came to no end, or would not."""
    assert limits.target_volatility is not None
    names = None if sample.size > _LARGE else limits.max_names
    calm = replace(limits, target_volatility=None, max_names=names)
    least = quadratic.attempted(sample.covariance, np.zeros(sample.size), calm, sample)
    found = float(np.sqrt(max(0.0, 2 * least.value)))
    return bool(least.notes) or found <= limits.target_volatility * (1 + _CLOSE)


def _answers(limits: Limits, sample: Sample) -> bool:
    linear.attempted(np.zeros(sample.size), limits, sample)
    return True


def _smallest(everyone: list[Member], limits: Limits, sample: Sample) -> list[Member]:
    kept = _irreducible(everyone, limits, sample)
    checks = 0 if sample.size <= _LARGE else _CHECKS_MAX
    for size in range(1, len(kept)):
        checks += comb(len(everyone), size)
        if checks > _CHECKS_MAX:
            break
        for few in combinations(everyone, size):
            if not _fits(list(few), everyone, limits, sample):
                return sorted(few, key=lambda one: one.is_usual)
    return sorted(kept, key=lambda one: one.is_usual)


def _irreducible(everyone: list[Member], limits: Limits, sample: Sample) -> list[Member]:
    """Leave out what the conflict does not need: all groups, many at once while that goes, then one by one."""
    kept = list(everyone)
    for step in sorted({max(len(limits.linear), _AT_ONCE), _AT_ONCE, 1}, reverse=True):
        for start in range(0, len(everyone), step):
            tried = everyone[start : start + step]
            fewer = [one for one in kept if not any(one is other for other in tried)]
            if len(fewer) < len(kept) and not _fits(fewer, everyone, limits, sample):
                kept = fewer
    return kept


def _fits(some: list[Member], everyone: list[Member], limits: Limits, sample: Sample) -> bool:
    for member in everyone:
        if not any(member is one for one in some):
            limits = member.dropped(limits)
    return holds(limits, sample)


def _effort(way: Relaxation) -> float:
    return abs(way.needed - way.asked) / max(abs(way.asked), 0.01)


def _words(conflict: list[Member], ways: list[Relaxation]) -> str:
    named = [f"{member.label} ({member.key})" for member in conflict]
    if len(named) == 1:
        text = f"No weights can keep to this limit: {named[0]}."
    else:
        text = f"These limits cannot hold together: {', '.join(named[:-1])} and {named[-1]}."
    if not ways:
        return f"{text} Relaxing one of them alone does not help."
    offers = [f"{way.key} from {way.asked:.10g} to {way.needed:.10g}" for way in ways[:_OFFERED]]
    return f"{text} It is enough to change {', or '.join(offers)}."
