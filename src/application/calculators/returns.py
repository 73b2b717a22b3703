"""Time-weighted and money-weighted returns of valuations and flows that were sent."""

import math

from analytics.performance.linked import (
    SubPeriod,
    annualised,
    investor_flows,
    modified_dietz,
    sub_periods,
    time_weighted,
)
from analytics.performance.money_weighted import xirr_roots
from application.calculators.returns_request import (
    ReturnsAnswer,
    ReturnsConventions,
    ReturnsRequest,
    SubPeriodRow,
)
from domain.errors import Refused
from domain.unavailable import Missing

NO_CAPITAL = Missing(
    code="no_capital", detail="No positive capital was at work, so there is nothing to earn on."
)
NO_RATE = Missing(
    code="no_root", detail="No annual rate between -100 % and 1,000 % makes the flows worth nothing."
)
NOT_FINITE = Missing(code="not_finite", detail="The figure is beyond what a number can hold.")
TOTAL_LOSS = Missing(
    code="total_loss", detail="Everything was lost, or no time passed: there is no annual rate."
)


def calculate(request: ReturnsRequest) -> ReturnsAnswer:
    """Return every figure; raises Refused where days are not in order or a flow lies outside of them."""
    if violations := list(request.violations()):
        detail = violations[0].detail if len(violations) == 1 else f"{len(violations)} days do not fit."
        raise Refused(detail, violations=violations)
    valuations = [(one.date, float(one.value)) for one in request.valuations]
    flows = [(one.date, float(one.amount)) for one in request.flows]
    periods = sub_periods(valuations, flows, valued=request.valued, weighting=request.weighting)
    linked = time_weighted(periods)
    figures = {
        "twr": linked,
        "twr_annualised": annualised(linked, (valuations[-1][0] - valuations[0][0]).days),
        "modified_dietz": modified_dietz(
            valuations, flows, valued=request.valued, weighting=request.weighting
        ),
    }
    roots = xirr_roots(investor_flows(valuations, flows, valued=request.valued))
    known = {name: figure if math.isfinite(figure) else None for name, figure in figures.items()}
    return ReturnsAnswer(
        **known,
        xirr=roots[0] if len(roots) == 1 else None,
        xirr_roots=roots,
        sub_periods=[_row(one) for one in periods],
        conventions=ReturnsConventions(valued=request.valued, weighting=request.weighting),
        unavailable=_missing(figures) | _missing_returns(periods) | why_no_rate(roots),
    )


def why_no_rate(roots: list[float], name: str = "xirr") -> dict[str, Missing]:
    """Return why there is no single money-weighted return, nothing where there is one."""
    if len(roots) == 1:
        return {}
    if not roots:
        return {name: NO_RATE}
    told = ", ".join(f"{root:.6g}" for root in roots)
    detail = f"The flows change sign more than once and {len(roots)} rates fit them: {told}."
    return {name: Missing(code="several_roots", detail=detail)}


def _missing(figures: dict[str, float]) -> dict[str, Missing]:
    lost = math.isfinite(figures["twr"])
    return {
        name: TOTAL_LOSS if name == "twr_annualised" and lost and math.isnan(figure) else _why(figure)
        for name, figure in figures.items()
        if not math.isfinite(figure)
    }


def _missing_returns(periods: list[SubPeriod]) -> dict[str, Missing]:
    """Return why sub-periods have no return: the first of them speaks for all."""
    absent = [one.result for one in periods if not math.isfinite(one.result)]
    return {"return": _why(absent[0])} if absent else {}


def _why(figure: float) -> Missing:
    return NOT_FINITE if math.isinf(figure) else NO_CAPITAL


def _row(period: SubPeriod) -> SubPeriodRow:
    return SubPeriodRow(
        start=period.start,
        end=period.end,
        start_value=period.start_value,
        end_value=period.end_value,
        flow=period.flow,
        method="time_weighted" if period.exact else "modified_dietz",
        period_return=period.result if math.isfinite(period.result) else None,
    )
