"""The order of objectives, and how a programme is taken through them."""

from dataclasses import dataclass

import numpy as np

from analytics.rebalance.problem import Floats
from analytics.rebalance.programme import TOLERANCE, Face, Point, Programme

PREFERENCE = 1e-5  # how much dearer the least preferred trade is made, to settle ties between groups
PER_TRADE = 1e-2  # basis points of turnover that one trade fewer is worth in integer programmes


@dataclass(frozen=True, slots=True)
class Optimum:
    """A best point, and the values at which earlier objectives were held; none where they are all nil."""

    point: Point
    held: tuple[float, ...] = ()


def objectives(programme: Programme) -> list[Floats]:
    """Cash floor, edges, targets (unless the edge is enough), turnover."""
    targets = [programme.off_target()] if programme.problem.to_target else []
    shortfall, edges = programme.missing([], cash=1.0), programme.missing(cash=0.0)
    return [shortfall, edges, *targets, programme.turnover()]


def smallest_trades(programme: Programme) -> Optimum:
    """Edges first, then targets, then turnover; one programme does all where nothing stands in the way.

    A weighted sum is minimised first. If it misses no edge and no target, its order is proven: nothing could
    be better in the earlier objectives, and turnover is least among all that reach them. Only otherwise are
    the objectives solved one by one.
    """
    point = programme.minimise(_weighted(programme, PREFERENCE))
    if point is not None and is_perfect(programme, point):
        return Optimum(point)
    *earlier, _ = objectives(programme)
    return _in_turn(programme, [*earlier, programme.turnover(preference=PREFERENCE)])


def best_integers(programme: Programme) -> Optimum:
    """The same order for integer programmes, trades being counted: two programmes where edges can be kept."""
    smallest = programme.turnover() + PER_TRADE * programme.trade_count()
    if programme.problem.to_target:
        return _integers_to_target(programme, smallest)
    point = programme.minimise(1e4 * programme.missing(cash=100.0) + smallest)
    if point is not None and programme.missing() @ point.values <= TOLERANCE:
        return Optimum(point)
    *earlier, _ = objectives(programme)
    return _in_turn(programme, [*earlier, smallest])


def best_face(programme: Programme, optimum: Optimum) -> Face | None:
    """All points as good as the optimum of a linear programme."""
    *earlier, turnover = objectives(programme)
    if not optimum.held:
        return programme.face(_weighted(programme, 0.0))
    return programme.face(turnover, list(zip(earlier, optimum.held, strict=True)))


def is_perfect(programme: Programme, point: Point) -> bool:
    """Whether a point misses no edge and no target."""
    return bool((programme.missing() + programme.off_target()) @ point.values <= TOLERANCE)


def score(programme: Programme, point: Point) -> tuple[float, ...]:
    """Objectives of a point in their order, rounded so that numerical noise does not decide."""
    values = [float(objective @ point.values) for objective in objectives(programme)]
    values[-1] += PER_TRADE * float(np.count_nonzero(programme.amounts(point)))
    return tuple(round(value / (10 * TOLERANCE)) * 10 * TOLERANCE for value in values)


def _weighted(programme: Programme, preference: float) -> Floats:
    edges, targets = programme.missing(cash=100.0), programme.off_target()
    return np.asarray(1e4 * edges + 1e2 * targets + programme.turnover(preference=preference))


def _integers_to_target(programme: Programme, smallest: Floats) -> Optimum:
    edges, targets = programme.missing(cash=100.0), programme.off_target()
    nearest = programme.minimise(1e4 * edges + targets)
    if nearest is not None and not nearest.proven and edges @ nearest.values > TOLERANCE:
        return Optimum(nearest)  # more programmes would run into the same limit
    if nearest is None or edges @ nearest.values > TOLERANCE:
        *earlier, _ = objectives(programme)
        return _in_turn(programme, [*earlier, smallest])
    caps = [(edges, TOLERANCE), (targets, float(targets @ nearest.values) + TOLERANCE)]
    point = programme.minimise(smallest, caps)
    if point is None:
        return Optimum(Point(nearest.values, False))
    return Optimum(Point(point.values, point.proven and nearest.proven))


def _in_turn(programme: Programme, order: list[Floats]) -> Optimum:
    """Minimise each objective in turn without giving up the earlier ones.

    Raises ArithmeticError if no point was found at all, which only a limit of nodes or time can cause: every
    edge and the cash floor have a slack.
    """
    best: Point | None = None
    held: list[float] = []
    proven = True
    for at, objective in enumerate(order):
        point = programme.minimise(objective, list(zip(order[:at], held, strict=True)))
        proven = proven and point is not None and point.proven
        best = point or best
        if best is None:
            raise ArithmeticError("no point of the programme was found within the limits of the solver")
        held.append(float(objective @ best.values) + TOLERANCE)
    assert best is not None
    return Optimum(Point(best.values, proven), tuple(held[:-1]))
