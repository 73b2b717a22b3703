"""The figures of a portfolio that stand in lists: what it is worth, and how it did today and this year."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from domain.unavailable import Missing


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """One portfolio on its last valuation day; returns are time-weighted fractions."""

    as_of: Annotated[date, Meta(description="The day that is valued.")]
    total_value: Annotated[float, Meta(description="Value in the portfolio's currency, cash included.")]
    day_change: Annotated[
        float | None,
        Meta(description="Gain since the valuation day before, flows left out, in the portfolio's currency."),
    ]
    day_change_percent: Annotated[float | None, Meta(description="The same in percent of the value before.")]
    ytd_return: Annotated[
        float | None, Meta(description="Return since the end of last year or the first day, a fraction.")
    ]
    active_return_ytd: Annotated[
        float | None, Meta(description="ytd_return less the benchmark's over the same days, a fraction.")
    ]
    unavailable: Annotated[
        dict[str, Missing], Meta(description="Why figures are null, by their names; empty when none is.")
    ] = {}
