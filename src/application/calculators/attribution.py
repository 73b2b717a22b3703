"""Attribution of an active return on sent data."""

from dataclasses import fields

import numpy as np

from analytics.attribution import (
    Effects,
    Linked,
    NotLinkable,
    Segments,
    bhb,
    brinson_fachler,
    geometric,
    link,
)
from application.calculators.attribution_request import (
    SIDES,
    AttributionAnswer,
    AttributionConventions,
    AttributionRequest,
    EffectTotals,
    PeriodEffects,
    SegmentEffects,
)
from domain.errors import Refused, Violation


def calculate(request: AttributionRequest) -> AttributionAnswer:
    """Return the effects of each period and of all of them linked.

    Weights that miss 1 by less than a millionth are scaled to sum to it.
    """
    violations = list(request.violations())
    if violations:
        raise Refused("The periods cannot be attributed.", violations=violations)
    names = list(dict.fromkeys(one.segment for period in request.periods for one in period.segments))
    sent = _arrays(request, names)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            effects = _effects(request, sent)
            linked = link(effects, request.linking)
    except NotLinkable as refusal:
        raise _total_loss(request, refusal.period) from refusal
    if not _is_finite(linked):
        raise _beyond_numbers()
    return AttributionAnswer(
        segments=_segments(linked, names),
        totals=_totals(linked),
        portfolio_return=linked.portfolio_return,
        benchmark_return=linked.benchmark_return,
        active_return=linked.active_return,
        periods=[_period(request, effects, names, at) for at in range(len(request.periods))],
        conventions=AttributionConventions(
            method="geometric" if request.linking == "geometric" else request.method, linking=request.linking
        ),
    )


def _arrays(request: AttributionRequest, names: list[str]) -> Segments:
    columns = {name: at for at, name in enumerate(names)}
    shape = len(request.periods), len(names)
    weights = {side: np.zeros(shape) for side in SIDES}
    returns = {side: np.full(shape, np.nan) for side in SIDES}
    for row, period in enumerate(request.periods):
        for one in period.segments:
            at = row, columns[one.segment]
            weights["portfolio"][at], weights["benchmark"][at] = one.portfolio_weight, one.benchmark_weight
            returns["portfolio"][at] = np.nan if one.portfolio_return is None else one.portfolio_return
            returns["benchmark"][at] = np.nan if one.benchmark_return is None else one.benchmark_return
    return Segments(
        portfolio_weights=weights["portfolio"] / weights["portfolio"].sum(axis=1, keepdims=True),
        benchmark_weights=weights["benchmark"] / weights["benchmark"].sum(axis=1, keepdims=True),
        portfolio_returns=returns["portfolio"],
        benchmark_returns=returns["benchmark"],
    )


def _effects(request: AttributionRequest, sent: Segments) -> Effects:
    if request.linking == "geometric":
        return geometric(sent)
    return brinson_fachler(sent) if request.method == "brinson_fachler" else bhb(sent)


def _total_loss(request: AttributionRequest, period: int) -> Refused:
    said = request.periods[period].label or str(period + 1)
    detail = (
        f"A return of period {said} is -100 % or less, which {request.linking} linking cannot express; "
        "grap, frongello and none can"
    )
    return Refused(detail, violations=[Violation(f"periods.{period}", "total_loss", detail)])


def _is_finite(linked: Linked) -> bool:
    return all(np.isfinite(getattr(linked, one.name)).all() for one in fields(linked))


def _beyond_numbers() -> Refused:
    detail = "The returns compound to more than a number can hold; send fewer periods or smaller returns"
    return Refused(detail, violations=[Violation("periods", "not_finite", detail)])


def _period(request: AttributionRequest, effects: Effects, names: list[str], at: int) -> PeriodEffects:
    """Return the effects of one period, which linked to itself is unchanged."""
    own = Effects(
        allocation=effects.allocation[at : at + 1],
        selection=effects.selection[at : at + 1],
        interaction=effects.interaction[at : at + 1],
        currency=effects.currency[at : at + 1],
        portfolio_return=effects.portfolio_return[at : at + 1],
        benchmark_return=effects.benchmark_return[at : at + 1],
    )
    alone = link(own, "geometric" if request.linking == "geometric" else "none")
    present = {one.segment for one in request.periods[at].segments}
    return PeriodEffects(
        label=request.periods[at].label or str(at + 1),
        portfolio_return=float(effects.portfolio_return[at]),
        benchmark_return=float(effects.benchmark_return[at]),
        active_return=alone.active_return,
        segments=[one for one in _segments(alone, names) if one.segment in present],
        totals=_totals(alone),
    )


def _segments(linked: Linked, names: list[str]) -> list[SegmentEffects]:
    columns = zip(names, linked.allocation, linked.selection, linked.interaction, linked.total, strict=True)
    return [
        SegmentEffects(
            segment=name,
            allocation_effect=float(allocation),
            selection_effect=float(selection),
            interaction_effect=float(interaction),
            total_effect=float(total),
        )
        for name, allocation, selection, interaction, total in columns
    ]


def _totals(linked: Linked) -> EffectTotals:
    return EffectTotals(
        allocation_effect=linked.allocation_total,
        selection_effect=linked.selection_total,
        interaction_effect=linked.interaction_total,
        total_effect=linked.active_return,
    )
