"""What is doubtful about the prices of a listing: late, missing, jumping, or halved by a split nobody told of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from application.market.history import CorporateAction, Days, Flag, Floats
from infrastructure.marketdata.series import BarSeries

Mask: TypeAlias = NDArray[np.bool_]
WINDOW = np.timedelta64(365, "D")
JUMP = 0.25
"""A daily return beyond this fraction is looked at."""
JUMP_DEVIATIONS = 8.0
"""It counts as a jump if it is as many robust standard deviations away: wild stocks may move by a quarter."""
TO_STANDARD_DEVIATION = 1.4826
"""Of a normal distribution's median absolute deviation."""
SPLIT_RATIOS = (2.0, 3.0, 4.0, 5.0, 10.0, 1.5)
SPLIT_TOLERANCE = 0.02
DAYS_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A listing to be looked at: its bars with adjusted prices, and its splits and dividends."""

    ticker: str
    series: BarSeries
    actions: Sequence[CorporateAction]


def flags(suspect: Suspect, *, on: date, stale_days: int, trading_days: Days) -> Iterator[Flag]:
    """Tell what is doubtful about the last year before a day.

    trading_days : days on which most listings of the same currency have a bar.
    """
    today = np.datetime64(on, "D")
    series = _upto(suspect.series, today)
    if not len(series.days):
        yield Flag(ticker=suspect.ticker, code="no_history", detail=f"There is no price on or before {on}.")
        return
    yield from _stale(suspect.ticker, series, today, stale_days)
    yield from _missing(suspect.ticker, series, today, trading_days)
    yield from _leaps(suspect.ticker, series, today, suspect.actions)


def trading_days(many: Iterable[BarSeries], *, on: date) -> Days:
    """Return the days of the last year on which more than half of the listings then traded have a bar."""
    today = np.datetime64(on, "D")
    traded = np.zeros(WINDOW.astype(int) + 1)
    listed = np.zeros(len(traded))
    for series in many:
        places = (series.days - (today - WINDOW)).astype(np.int64)
        inside = places[(places >= 0) & (places < len(traded))]
        if len(inside):
            traded[inside] += 1
            listed[inside[0] : inside[-1] + 1] += 1
    days: Days = today - WINDOW + np.flatnonzero(traded * 2 > listed).astype("timedelta64[D]")
    return days


def _upto(series: BarSeries, today: np.datetime64) -> BarSeries:
    last = int(np.searchsorted(series.days, today, side="right"))
    return BarSeries(series.days[:last], series.close[:last], series.adjusted[:last], series.volume[:last])


def _stale(ticker: str, series: BarSeries, today: np.datetime64, stale_days: int) -> Iterator[Flag]:
    newest = series.days[-1]
    age = int((today - newest).astype(int))
    if age > stale_days:
        detail = f"The newest price is of {newest}, {age} days before {today}."
        yield Flag(ticker=ticker, code="stale", detail=detail)


def _missing(ticker: str, series: BarSeries, today: np.datetime64, calendar: Days) -> Iterator[Flag]:
    inside = calendar[(calendar > max(series.days[0], today - WINDOW)) & (calendar < series.days[-1])]
    missing = np.setdiff1d(inside, series.days, assume_unique=True)
    if len(missing):
        shown = _named(missing)
        detail = f"{len(missing)} trading days of the last year have no price: {shown}."
        yield Flag(ticker=ticker, code="missing", detail=detail)


def _leaps(
    ticker: str, series: BarSeries, today: np.datetime64, actions: Sequence[CorporateAction]
) -> Iterator[Flag]:
    first = max(int(np.searchsorted(series.days, today - WINDOW)) - 1, 0)
    days = series.days[first + 1 :]
    if not len(days):
        return
    ratios = _relative(series.close[first:])
    halved = _like_a_split(ratios) & ~_told(series.days[first:], actions)
    returns = _relative(series.adjusted[first:]) - 1
    for place in np.flatnonzero(halved):
        detail = (
            f"The price of {days[place]} is {ratios[place]:.4g} times the one before, and no split is known."
        )
        yield Flag(ticker=ticker, code="split_suspect", detail=detail)
    leapt = np.flatnonzero(_jumps(returns) & ~halved)
    if len(leapt):
        worst = leapt[np.argmax(np.abs(returns[leapt]))]
        detail = f"The price moved by {returns[worst]:+.1%} on {days[worst]}" + (
            f", and beyond belief on {len(leapt) - 1} more days." if len(leapt) > 1 else "."
        )
        yield Flag(ticker=ticker, code="jump", detail=detail)


def _relative(prices: Floats) -> Floats:
    """Each price over the one before; infinite after a price of nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative: Floats = np.nan_to_num(prices[1:] / prices[:-1], nan=1.0, posinf=np.inf)
    return relative


def _jumps(returns: Floats) -> Mask:
    middle = np.median(returns)
    deviation = TO_STANDARD_DEVIATION * np.median(np.abs(returns - middle))
    far = np.greater(np.abs(returns - middle), JUMP_DEVIATIONS * deviation)
    return np.asarray(np.logical_and(far, np.abs(returns) > JUMP))


def _like_a_split(ratios: Floats) -> Mask:
    candidates = np.array([*SPLIT_RATIOS, *(1 / ratio for ratio in SPLIT_RATIOS)])
    away = np.abs(ratios[:, None] / candidates[None, :] - 1)
    return np.asarray((away <= SPLIT_TOLERANCE).any(axis=1))


def _told(days: Days, actions: Sequence[CorporateAction]) -> Mask:
    """Whether a split took effect after each bar, and on the day of the next one at the latest."""
    splits = np.array([action.ex_date for action in actions if action.kind == "split"], "datetime64[D]")
    after, upto = days[:-1, None], days[1:, None]
    return np.asarray(((splits > after) & (splits <= upto)).any(axis=1))


def _named(days: Days) -> str:
    shown = ", ".join(str(day) for day in days[-DAYS_NAMED:])
    return shown if len(days) <= DAYS_NAMED else f"{shown} and earlier ones"
