"""Bars of days into what is asked of them: weeks and months, adjusted prices, doubts about the newest price."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby, pairwise
from statistics import median
from typing import Final, Literal, NamedTuple

import msgspec

from projections.market import Action, DayBar

Interval = Literal["1d", "1wk", "1mo"]
Period = Literal["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "max"]
BARS_OF: Final[dict[str, int]] = {"1d": 1, "5d": 5}
"""Periods that count bars; the others count calendar months back from the newest bar."""
MONTHS_OF: Final[dict[str, int]] = {"1mo": 1, "3mo": 3, "6mo": 6, "1y": 12, "2y": 24, "5y": 60}
JUMP: Final = 0.25
JUMP_DEVIATIONS: Final = 8.0
TO_STANDARD_DEVIATION: Final = 1.4826
SPLIT_RATIOS: Final = (2.0, 3.0, 4.0, 5.0, 10.0, 1.5)
SPLIT_TOLERANCE: Final = 0.02


class Doubt(NamedTuple):
    """Something about the newest price that whoever uses it should know."""

    code: Literal["stale", "jump", "split_suspect"]
    detail: str


def of_period(bars: Sequence[DayBar], period: Period, interval: Interval) -> list[DayBar]:
    """Return the bars of a period that ends with the newest of `bars`.

    Weeks and months begin whole: a bar of half a week would have the wrong open.
    """
    if not bars or period == "max":
        return in_intervals(bars, interval)
    if period in BARS_OF:
        return in_intervals(bars[-BARS_OF[period] :], interval)
    start = bucket_start(_months_before(bars[-1].day, MONTHS_OF[period]) + timedelta(days=1), interval)
    return in_intervals([bar for bar in bars if bar.day >= start], interval)


def bucket_start(day: date, interval: Interval) -> date:
    """Return the first day of the week (Monday) or month a day is in; of a day, itself."""
    if interval == "1wk":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "1mo" else day


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def in_intervals(bars: Sequence[DayBar], interval: Interval) -> list[DayBar]:
    """Return the bars of weeks or months: first open, highest high, lowest low, last close, volumes added up.

    The day of a bar is the last one it has; a field that no day of it has is None.
    """
    if interval == "1d":
        return list(bars)
    grouped = groupby(bars, key=lambda bar: bucket_start(bar.day, interval))
    return [_one_bar(list(days)) for _, days in grouped]


def _one_bar(days: list[DayBar]) -> DayBar:
    return DayBar(
        day=days[-1].day,
        open=days[0].open,
        high=_over((bar.high for bar in days), max),
        low=_over((bar.low for bar in days), min),
        close=days[-1].close,
        adjusted=days[-1].adjusted,
        volume=_over((bar.volume for bar in days), sum),
    )


def _over(values: Iterable[float | None], of: Callable[[list[float]], float]) -> float | None:
    known = [value for value in values if value is not None]
    return of(known) if known else None


def with_adjusted(bars: Sequence[DayBar], actions: Sequence[Action], currency: str | None) -> list[DayBar]:
    """Return bars that have an adjusted close everywhere; they must reach to the newest one.

    Where the source names none, it grows from one bar to the next by (close + dividend) · split / close before,
    from the last adjusted close that is known; where none is known at all, it equals the newest close.
    """
    growth = _growth(bars, actions, currency)
    known = [
        bar.adjusted / (bar.close * grown) for bar, grown in zip(bars, growth, strict=True) if bar.adjusted
    ]
    ratio = known[0] if known else 1 / growth[-1] if growth else 1.0
    completed: list[DayBar] = []
    for bar, grown in zip(bars, growth, strict=True):
        if bar.adjusted is not None:
            ratio = bar.adjusted / (bar.close * grown)
            completed.append(bar)
        else:
            completed.append(_with(bar, adjusted=bar.close * grown * ratio))
    return completed


def _growth(bars: Sequence[DayBar], actions: Sequence[Action], currency: str | None) -> list[float]:
    """Return what one unit at the first bar has grown to at each bar by splits and reinvested dividends."""
    days = [bar.day for bar in bars]
    steps = [1.0] * len(bars)
    for action in actions:
        place = bisect_left(days, action.ex_date)
        if not 0 < place < len(bars):
            continue
        if action.kind == "split":
            steps[place] *= action.value
        elif action.currency in (None, currency) or currency is None:
            steps[place] *= 1 + action.value / bars[place].close
    for place in range(1, len(steps)):
        steps[place] *= steps[place - 1]
    return steps


def all_adjusted(bars: Sequence[DayBar]) -> list[DayBar]:
    """Return bars whose prices are all adjusted as their close is; volume stays as it was traded."""
    return [_adjusted(bar) for bar in bars]


def _adjusted(bar: DayBar) -> DayBar:
    if bar.adjusted is None:
        return bar
    factor = bar.adjusted / bar.close
    prices = {
        name: None if (price := getattr(bar, name)) is None else price * factor
        for name in ("open", "high", "low")
    }
    return _with(bar, close=bar.adjusted, **prices)


def _with(bar: DayBar, **changed: float | None) -> DayBar:
    return msgspec.structs.replace(bar, **changed)


def split_between(actions: Sequence[Action], after: date, until: date) -> float:
    """Return how many units one unit has become by splits after one day, up to another."""
    factor = 1.0
    for action in actions:
        if action.kind == "split" and after < action.ex_date <= until:
            factor *= action.value
    return factor


def doubts(bars: Sequence[DayBar], actions: Sequence[Action], today: date, *, stale_days: int) -> list[Doubt]:
    """Tell what is doubtful about the newest of the last year's bars."""
    if not bars:
        return []
    found: list[Doubt] = []
    newest = bars[-1].day
    if (today - newest).days > stale_days:
        age = (today - newest).days
        found.append(Doubt("stale", f"The newest price is of {newest}, {age} days before {today}."))
    if len(bars) > 1 and bars[-2].close > 0:
        found += _leap(bars[bisect_right([bar.day for bar in bars], newest - timedelta(days=366)) :], actions)
    return found


def _leap(bars: Sequence[DayBar], actions: Sequence[Action]) -> list[Doubt]:
    ratios = [
        later.close / earlier.close * split_between(actions, earlier.day, later.day)
        for earlier, later in pairwise(bars)
        if earlier.close > 0
    ]
    if not ratios:
        return []
    ratio, day = ratios[-1], bars[-1].day
    told = split_between(actions, bars[-2].day, day) != 1
    if not told and any(
        abs(ratio / like - 1) <= SPLIT_TOLERANCE for one in SPLIT_RATIOS for like in (one, 1 / one)
    ):
        detail = f"The price of {day} is {ratio:.4g} times the one before, and no split is known."
        return [Doubt("split_suspect", detail)]
    middle = median(ratios)
    deviation = TO_STANDARD_DEVIATION * median(abs(one - middle) for one in ratios)
    if abs(ratio - middle) > max(JUMP, JUMP_DEVIATIONS * deviation):
        return [Doubt("jump", f"The price moved by {ratio - 1:+.1%} on {day}.")]
    return []
