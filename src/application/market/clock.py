"""Which day a portfolio is valued on."""

from collections.abc import Iterable
from datetime import date


def valuation_day(clock: date, price_days: Iterable[date | None], effective_days: Iterable[date]) -> date:
    """Return the newest day that the holdings' prices or facts speak of, the clock's day at the latest.

    clock : today, or the day that a tenant on historical data is pinned to.
    price_days : newest price of each holding; None where it has no price.
    effective_days : days from which positions and cash hold.

    Periods end here and not today: a year that ends on a day without prices would only look flat at its end.
    """
    known = [day for day in price_days if day is not None]
    return min(clock, max([*known, *effective_days], default=clock))
