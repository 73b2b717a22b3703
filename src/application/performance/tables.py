"""The rows of a performance: the series, its drawdowns, months and rolling figures."""

import math
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.performance import growth, rolling
from application.market.history import Floats
from application.performance.answer import (
    DatedDrawdown,
    DietzStretch,
    MonthReturn,
    PerformancePoint,
    RollingPoint,
)
from application.performance.figures import money
from application.performance.headline import NO_VALUE, linked
from application.performance.request import Frequency
from application.performance.track import FRESH, Track, as_date
from application.valuation.book import Mask
from domain.unavailable import Missing

Rows = NDArray[np.intp]
MONDAY_OFFSET = 3  # 1970-01-01, day 0, was a Thursday


def shown_rows(track: Track, frequency: Frequency) -> Rows:
    """Indices of the rows a series shows: all, or the opening and the last of every week or month."""
    if frequency == "daily":
        return np.arange(len(track.days))
    if frequency == "weekly":
        label = (track.days.astype(np.int64) + MONDAY_OFFSET) // 7
    else:
        label = track.days.astype("datetime64[M]").astype(np.int64)
    last = np.append(label[1:] != label[:-1], True)
    last[0] = True
    return np.flatnonzero(last)


def series(track: Track, benchmark: Floats, shown: Rows) -> list[PerformancePoint]:
    """Return the rows of the series; flows and returns of rows that are not shown add to the next one shown."""
    returns = np.nan_to_num(track.returns)
    left_out = np.isnan(track.returns)
    theirs = np.cumprod(1.0 + np.where(left_out, 0.0, benchmark)) - 1.0
    after_last = np.append(0, shown[:-1] + 1)
    measured = np.add.reduceat(~left_out, after_last, dtype=np.intp) > 0
    columns = zip(
        dates(track, shown),
        track.value[shown].tolist(),
        np.add.reduceat(track.flow, after_last).tolist(),
        np.where(measured, np.multiply.reduceat(1.0 + returns, after_last) - 1.0, np.nan).tolist(),
        (np.cumprod(1.0 + returns)[shown] - 1.0).tolist(),
        theirs[shown].tolist(),
        growth.drawdowns_by_period(returns)[shown].tolist(),
        strict=True,
    )
    return [
        PerformancePoint(
            date=day,
            value=money(value),
            flow=money(flow),
            period_return=_finite(earned),
            cumulative_return=cumulative,
            benchmark_cumulative_return=_finite(other),
            drawdown=below,
        )
        for day, value, flow, earned, cumulative, other, below in columns
    ]


def dates(track: Track, rows: Rows) -> list[date]:
    """Return the days of some rows."""
    days: list[date] = track.days[rows].tolist()
    return days


def drawdowns(track: Track) -> list[DatedDrawdown]:
    """Return the falls of the linked returns, the deepest first."""
    days = dates(track, np.arange(len(track.days)))
    # Row 0 is the opening valuation: as a return of zero it lets periods count like rows.
    table = growth.drawdown_table(np.nan_to_num(track.returns))
    return [
        DatedDrawdown(
            depth=one.depth,
            peak=days[one.start - 1],
            start=days[one.start],
            trough=days[one.trough],
            end=None if one.end is None else days[one.end],
            length=one.length,
            to_trough=one.to_trough,
            recovery=one.recovery,
        )
        for one in table
    ]


def months(track: Track, benchmark: Floats, missing: Missing) -> list[MonthReturn]:
    """Return every month and then every year; a return belongs to the month in which it ends.

    missing : why the benchmark has no return, where it has none.
    """
    if len(track.days) < 2:
        return []
    year = track.days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = track.days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    chosen = [
        ((year == of_year) & (month == of_month), of_year, of_month)
        for of_year, of_month in _labels(year[1:], month[1:])
    ]
    whole = [(year == of_year, of_year, None) for of_year in np.unique(year[1:]).tolist()]
    return [_month(track, benchmark, missing, *one) for one in (*chosen, *whole)]


def _labels(year: Rows, month: Rows) -> Iterator[tuple[int, int]]:
    for label in np.unique(year * 12 + month - 1).tolist():
        of_year, index = divmod(label, 12)
        yield of_year, index + 1


def _month(
    track: Track, benchmark: Floats, missing: Missing, chosen: Mask, year: int, month: int | None
) -> MonthReturn:
    gap = _gap_before(track, chosen, year, month)
    own = linked(track, chosen, track.returns)
    theirs = None if gap else linked(track, chosen, benchmark)
    unavailable = {"return": NO_VALUE} if own is None else {}
    if theirs is None:
        unavailable["benchmark_return"] = gap or (NO_VALUE if own is None else missing)
    return MonthReturn(
        year=year,
        month=month,
        period_return=own,
        benchmark_return=theirs,
        partial=_is_partial(track, year, month),
        unavailable=unavailable,
    )


def _gap_before(track: Track, chosen: Mask, year: int, month: int | None) -> Missing | None:
    """Say so where the first return of a month began long before the month did, and so did the benchmark's."""
    first = max(int(np.argmax(chosen)), 1)
    opening = first - 1
    if np.datetime64(date(year, month or 1, 1)) - track.days[opening] <= FRESH:
        return None
    detail = f"No valuation between {track.days[opening]} and {track.days[first]}; the benchmark moved all the while."
    return Missing(code="valuation_gap", detail=detail)


def _is_partial(track: Track, year: int, month: int | None) -> bool:
    """Whether the track begins after the period does, or ends before its last weekday."""
    begin = date(year, month or 1, 1)
    following = date(year + (month or 12) // 12, (month or 12) % 12 + 1, 1)
    last = following - timedelta(days=1)
    last -= timedelta(days=max(0, last.weekday() - 4))
    return as_date(track.days[0]) >= begin or as_date(track.days[-1]) < last


def rolling_points(
    track: Track, benchmark: Floats, shown: Rows, *, window: int, periods_per_year: float, risk_free: float
) -> list[RollingPoint]:
    """Return rolling figures of the shown rows; days without a return are left out of the windows."""
    measured = np.flatnonzero(~np.isnan(track.returns))
    own, theirs = track.returns[measured], benchmark[measured]
    figures = {
        "period_return": rolling.rolling_return(own, window),
        "volatility": rolling.rolling_volatility(own, window, periods_per_year),
        "sharpe_ratio": rolling.rolling_sharpe(own, window, periods_per_year, risk_free=risk_free),
        "beta": rolling.rolling_beta(own, theirs, window),
        "tracking_error": rolling.rolling_tracking_error(own, theirs, window, periods_per_year),
    }
    rows = measured[window - 1 :]
    wanted = np.isin(rows, shown)
    told = [[_finite(value) for value in values[wanted].tolist()] for values in figures.values()]
    return [
        RollingPoint(date=day, **dict(zip(figures, row, strict=True)))
        for day, *row in zip(dates(track, rows[wanted]), *told, strict=True)
    ]


def stretches(track: Track) -> list[DietzStretch]:
    """Return the stretches whose return is a Modified Dietz one."""
    return [
        DietzStretch(
            first_day=one.start, last_day=one.end, flow=money(one.flow), period_return=_finite(one.result)
        )
        for one in track.stretches.values()
    ]


def _finite(figure: float) -> float | None:
    return figure if math.isfinite(figure) else None
