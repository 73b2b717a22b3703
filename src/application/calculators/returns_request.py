"""What the calculator of returns on money put in is sent and what it answers; every rate is a fraction."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from domain.errors import Violation
from domain.rules import each, gathered
from domain.unavailable import Missing

VALUATIONS_MAX: Final = 20_000
FLOWS_MAX: Final = 10_000
Amount = Annotated[Decimal, Meta(extra_json_schema={"minimum": -1e18, "maximum": 1e18})]
"""Money, which is taken as a number or as a string of digits; the API checks the bounds as JSON Schema names them."""
Valued = Literal["after_flows", "before_flows"]
Weighting = Literal["end_of_day", "start_of_day"]
Figure = float | None


class SentValuation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the portfolio was worth at the end of one day."""

    date: Annotated[date, Meta(description="The day.")]
    value: Annotated[Amount, Meta(description="Total value in the portfolio's currency.")]


class SentFlow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money that came in or went out on one day."""

    date: Annotated[date, Meta(description="The day.")]
    amount: Annotated[Amount, Meta(description="Positive: money into the portfolio; negative: out of it.")]


class ReturnsRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Dated valuations and the external flows between them, in one currency."""

    valuations: Annotated[
        list[SentValuation],
        Meta(min_length=2, max_length=VALUATIONS_MAX, description="Valuations, one per day, oldest first."),
    ]
    flows: Annotated[
        list[SentFlow],
        Meta(max_length=FLOWS_MAX, description="External flows between the first and the last valuation."),
    ] = []
    valued: Annotated[
        Valued,
        Meta(
            description="after_flows: a valuation already holds the flows of its own day; before_flows: they come "
            "right after it."
        ),
    ] = "after_flows"
    weighting: Annotated[
        Weighting,
        Meta(
            description="From when a flow between valuations counts in a Modified Dietz return: the end of its day, "
            "or its start."
        ),
    ] = "end_of_day"

    def violations(self) -> Iterator[Violation]:
        """Yield which days are out of order, and which flows lie outside of them."""
        return gathered(self._unordered_days(), self._flows_outside())

    def _unordered_days(self) -> Iterator[Violation]:
        yield from each(_not_ascending, pairwise(self.valuations), "valuations", start=1)

    def _flows_outside(self) -> Iterator[Violation]:
        days = self.valuations[0].date, self.valuations[-1].date
        yield from each(partial(_outside, days=days), self.flows, "flows")


def _not_ascending(pair: tuple[SentValuation, SentValuation], path: str) -> Iterator[Violation]:
    before, day = pair[0].date, pair[1].date
    if day <= before:
        detail = f"{day} is not later than {before}, the day before it."
        yield Violation(f"{path}.date", "not_ascending", detail)


def _outside(flow: SentFlow, path: str, *, days: tuple[date, date]) -> Iterator[Violation]:
    first, last = days
    if not first <= flow.date <= last:
        detail = f"{flow.date} lies outside {first} to {last}, the days of the valuations."
        yield Violation(f"{path}.date", "out_of_range", detail)


class SubPeriodRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch between two valuations."""

    start: Annotated[date, Meta(description="Day of the opening valuation.")]
    end: Annotated[date, Meta(description="Day of the closing valuation.")]
    start_value: Annotated[float, Meta(description="Opening value.")]
    end_value: Annotated[float, Meta(description="Closing value.")]
    flow: Annotated[float, Meta(description="Net external flow of the stretch, positive into the portfolio.")]
    method: Annotated[
        Literal["time_weighted", "modified_dietz"],
        Meta(
            description="modified_dietz where a flow fell between the valuations, so that only the period is known."
        ),
    ]
    period_return: Annotated[
        Figure,
        msgspec.Meta(description="Return of the stretch, a fraction; null where no capital was at work."),
    ] = msgspec.field(name="return")


class ReturnsConventions(msgspec.Struct, frozen=True, kw_only=True):
    """How the figures were computed."""

    valued: Annotated[Valued, Meta(description="Whether a valuation holds the flows of its own day.")]
    weighting: Annotated[Weighting, Meta(description="From when a flow between valuations counts.")]
    flow_sign: Annotated[str, Meta(description="Sign of flows.")] = "positive is money into the portfolio"
    day_count: Annotated[str, Meta(description="Of xirr.")] = "actual/365 from the first flow"
    xirr_range: Annotated[str, Meta(description="Of xirr_roots.")] = (
        "every annual rate greater than -1 and less than 10"
    )


class ReturnsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Returns of the whole period, not annualised but for the money-weighted one."""

    twr: Annotated[
        Figure, Meta(description="Time-weighted return: the sub-periods' returns compounded, a fraction.")
    ]
    twr_annualised: Annotated[
        Figure, Meta(description="The same as a rate per year of 365 days, a fraction.")
    ]
    modified_dietz: Annotated[
        Figure, Meta(description="Modified Dietz return from the first valuation to the last, a fraction.")
    ]
    xirr: Annotated[
        Figure,
        Meta(description="Money-weighted return per year, a fraction; null where there is no single rate."),
    ]
    xirr_roots: Annotated[
        list[float], Meta(description="Every annual rate in (-1, 10) at which the flows are worth nothing.")
    ]
    sub_periods: Annotated[
        list[SubPeriodRow], Meta(description="The stretches between valuations, the oldest first.")
    ]
    conventions: ReturnsConventions
    unavailable: Annotated[
        dict[str, Missing], Meta(description="Why figures are null, by their names; empty when none is.")
    ]
