"""What is doubtful about a risk-free rate."""

from datetime import date, timedelta
from typing import Final

from application.market.history import Flag, RiskFreeRate

OLD: Final = timedelta(days=31)
"""Rates of some sources come once a month; one that is older was not kept up."""


def rate_flags(rate: RiskFreeRate, on: date) -> tuple[Flag, ...]:
    """Say that no rate of a currency is known, or that the newest is more than a month old on a day."""
    currency = rate.currency
    if rate.source is None:
        detail = f"No risk-free rate of {currency} is known; ratios take off 0."
        return (Flag(ticker=currency, code="no_risk_free_rate", detail=detail),)
    if rate.day is None or on - rate.day <= OLD:
        return ()
    detail = f"The risk-free rate of {currency} on {on} is of {rate.day}."
    return (Flag(ticker=currency, code="old_rate", detail=detail),)
