"""Returns between valuations: true time-weighted where a valuation meets every flow, Modified Dietz elsewhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from analytics.performance.arrays import NAN, over_time

Dated = tuple[date, float]
Weighting = Literal["end_of_day", "start_of_day"]
Valued = Literal["after_flows", "before_flows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubPeriod:
    """One stretch between two valuations; money in one currency, `flow` positive into the portfolio.

    invested : opening value plus each flow times the share of the time it was there.
    exact : whether no flow fell between the valuations; else the return is a Modified Dietz return.
    result : return as a fraction, NaN where `invested` is not positive.
    """

    start: date
    end: date
    start_value: float
    end_value: float
    flow: float
    invested: float
    exact: bool
    result: float


def sub_periods(
    valuations: Sequence[Dated],
    flows: Sequence[Dated],
    *,
    valued: Valued = "after_flows",
    weighting: Weighting = "end_of_day",
) -> list[SubPeriod]:
    """Returns between consecutive valuations (dates strictly ascending).

    valued : whether a value already holds the flows of its own day, or they come right after it.
    weighting : a flow between valuations counts from the end of its day, or from its start.
    """
    ordered = sorted(flows)
    found, index = [], 0
    while index < len(ordered) and not _within(ordered[index][0], None, valuations[0][0], valued):
        index += 1
    for opening, closing in pairwise(valuations):
        begin = index
        while index < len(ordered) and _within(ordered[index][0], closing[0], opening[0], valued):
            index += 1
        found.append(_sub_period(opening, closing, ordered[begin:index], valued, weighting))
    return found


def _within(day: date, end: date | None, start: date, valued: Valued) -> bool:
    """Whether a flow belongs to the stretch between two valuations (or to anything after the first)."""
    if valued == "after_flows":
        return day > start and (end is None or day <= end)
    return day >= start and (end is None or day < end)


def _sub_period(
    opening: Dated, closing: Dated, flows: Sequence[Dated], valued: Valued, weighting: Weighting
) -> SubPeriod:
    (start, start_value), (end, end_value) = opening, closing
    flow = math.fsum(amount for _, amount in flows)
    invested = dietz_capital(opening, end, flows, weighting=weighting, valued=valued)
    return SubPeriod(
        start=start,
        end=end,
        start_value=start_value,
        end_value=end_value,
        flow=flow,
        invested=invested,
        exact=all(day in (start, end) for day, amount in flows if amount),
        result=(end_value - start_value - flow) / invested if invested > 0 else NAN,
    )


def dietz_capital(
    opening: Dated, end: date, flows: Sequence[Dated], *, weighting: Weighting, valued: Valued
) -> float:
    """Average capital: opening value plus flows, each times the share of the days it was there.

    A flow that a valuation at either end meets weighs 0 or 1 whatever the weighting.
    """
    start, value = opening
    days = (end - start).days
    early = 0 if weighting == "end_of_day" else 1

    def weight(day: date) -> float:
        if day >= end:
            return 0.0
        return 1.0 if day <= start else (days - (day - start).days + early) / days

    return math.fsum([value, *(amount * weight(day) for day, amount in flows)])


def modified_dietz(
    valuations: Sequence[Dated],
    flows: Sequence[Dated],
    *,
    valued: Valued = "after_flows",
    weighting: Weighting = "end_of_day",
) -> float:
    """Modified Dietz return from the first valuation to the last, as if none between were known.

    References: P. Dietz, Pension Funds: Measuring Investment Performance (1966); C. Bacon, Practical Portfolio
    Performance Measurement and Attribution (2nd edition, 2008), chapter 2.
    """
    ends = [valuations[0], valuations[-1]]
    return sub_periods(ends, flows, valued=valued, weighting=weighting)[0].result


def time_weighted(periods: Sequence[SubPeriod]) -> float:
    """Compounded return of all sub-periods; NaN where one has none."""
    return math.prod(1.0 + one.result for one in periods) - 1.0


def investor_flows(
    valuations: Sequence[Dated], flows: Sequence[Dated], *, valued: Valued = "after_flows"
) -> list[Dated]:
    """What the investor paid (negative) and got: the opening value, flows, and the closing value."""
    (start, opening), (end, closing) = valuations[0], valuations[-1]
    between = [(day, -amount) for day, amount in flows if _within(day, end, start, valued)]
    return [(start, -opening), *between, (end, closing)]


def annualised(total: float, days: int) -> float:
    """A return over some days as a rate per year of 365 days; NaN where there is no time or wealth."""
    return over_time(total, 365.0 / days) if days > 0 else NAN
