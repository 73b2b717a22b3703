"""A portfolio's active return over a period, attributed day by day and linked."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
from msgspec import UNSET

from analytics.attribution import Linked, NotLinkable, brinson_fachler, geometric, link
from application.attribution.sides import Side, benchmark_side, buckets_of, portfolio_side, segments_of
from application.benchmark.path import NoBenchmark, benchmark_path
from application.benchmark.structure import BenchmarkPath
from application.market.history import MarketHistory
from application.performance.track import Track, track_of
from application.valuation.book import Book
from application.valuation.inputs_hash import inputs_hash
from application.valuation.left_out import left_out
from domain.attribution import AttributedBucket, AttributionSnapshot, AttributionTotals, By, Linking
from domain.errors import Refused, Violation
from domain.risk import DataFlag, Left, UsedBenchmark

METHODS = {
    False: "brinson_fachler, daily, exchange rates apart",
    True: "geometric (Bacon), daily, exchange rates apart, interaction in selection",
}


async def portfolio_attribution(
    history: MarketHistory,
    tenant: str,
    book: Book,
    *,
    period: str,
    start: date,
    end: date,
    by: By = "sector",
    linking: Linking = "carino",
    known_at: datetime | None = None,
) -> AttributionSnapshot:
    """Attribute what a portfolio earned beyond its benchmark from the end of `start` to the end of `end`.

    period : how the period was asked for, to be repeated in the answer.

    Raises NoBenchmark where there is no benchmark or it has no constituents by then, and Refused where the period
    holds no return, or a loss of everything that the linking cannot express.
    """
    if book.benchmark_ticker is None:
        raise NoBenchmark("no_benchmark", "The portfolio has no benchmark; PATCH its benchmark_ticker.")
    part = between(book, start, end)
    track = track_of(part)
    path = await benchmark_path(
        history,
        tenant,
        book.benchmark_ticker,
        book.currency,
        track.days,
        known_at=known_at,
        needs="constituents",
    )
    members = [one.listing_id for one in path.members]
    doubtful = await history.quality(tenant, members, on=_date(part.days[-1]), known_at=known_at)
    path = replace(path, flags=(*path.flags, *doubtful))
    return attribute(part, track, path, period=period, by=by, linking=linking)


def between(book: Book, start: date, end: date) -> Book:
    """Return the days of a book from the last on or before `start` to the last on or before `end`.

    Raises Refused where these are not two days at least.
    """
    first = max(int(np.searchsorted(book.days, np.datetime64(start, "D"), side="right")) - 1, 0)
    last = int(np.searchsorted(book.days, np.datetime64(end, "D"), side="right"))
    if last - first < 2:
        raise _no_returns(start, end)
    rows = slice(first, last)
    return replace(
        book,
        days=book.days[rows],
        quantity=book.quantity[rows],
        before=book.before[rows],
        price=book.price[rows],
        rate=book.rate[rows],
        income=book.income[rows],
        cash=book.cash[rows],
        cash_before=book.cash_before[rows],
        cash_rate=book.cash_rate[rows],
        priced_on=None if book.priced_on is None else book.priced_on[rows],
    )


def attribute(
    book: Book, track: Track, path: BenchmarkPath, *, period: str, by: By, linking: Linking
) -> AttributionSnapshot:
    """Attribute a book's track against its benchmark's path on the same days; the first of them opens the period.

    Days on which the track has no return (the book was empty the evening before) count on neither side.
    """
    buckets, of_positions, of_members = buckets_of(book, path, by)
    known = ~np.isnan(track.returns[1:])
    if not known.any():
        raise _no_returns(_date(book.days[0]), _date(book.days[-1]))
    portfolio = _rows(portfolio_side(book, track, buckets, of_positions), known)
    benchmark = _rows(benchmark_side(path, buckets, of_members), known)
    segments = segments_of(portfolio, benchmark)
    try:
        effects = geometric(segments) if linking == "geometric" else brinson_fachler(segments)
        linked = link(effects, linking)
    except NotLinkable as refusal:
        raise _total_loss(track.days[1:][known][refusal.period], linking) from refusal
    days = track.days[1:][known]
    return AttributionSnapshot(
        period=period,
        from_=_date(book.days[0]),
        to=_date(book.days[-1]),
        by=by,
        linking=linking,
        method=METHODS[linking == "geometric"],
        currency=book.currency,
        total_active_return=linked.active_return,
        portfolio_return=linked.portfolio_return,
        benchmark_return=linked.benchmark_return,
        attribution=_buckets(buckets, portfolio, benchmark, linked, by=by),
        totals=_totals(linked),
        n_observations=len(days),
        data_from=_date(days[0]),
        data_to=_date(days[-1]),
        inputs_hash=_hash(book, portfolio, benchmark, buckets, period=period, by=by, linking=linking),
        benchmark=UsedBenchmark(
            ticker=path.ticker, series="constituents", source=path.source, note=path.note
        ),
        excluded=_left_out(book, path),
        data_quality=[
            DataFlag(ticker=flag.ticker, code=flag.code, detail=flag.detail)
            for flag in dict.fromkeys((*book.flags, *path.flags))
        ],
        unavailable={},
    )


def _rows(side: Side, rows: np.ndarray) -> Side:
    return Side(weights=side.weights[rows], local=side.local[rows], currency=side.currency[rows])


def _buckets(
    buckets: list[str], portfolio: Side, benchmark: Side, linked: Linked, *, by: By
) -> list[AttributedBucket]:
    own, other = portfolio.compounded(), benchmark.compounded()
    return [
        AttributedBucket(
            bucket=bucket,
            sector_slug=bucket if by == "sector" else UNSET,
            portfolio_weight=float(portfolio.weights[:, at].mean()),
            benchmark_weight=float(benchmark.weights[:, at].mean()),
            portfolio_return=own[at],
            benchmark_return=other[at],
            allocation_effect=float(linked.allocation[at]),
            selection_effect=float(linked.selection[at]),
            interaction_effect=float(linked.interaction[at]),
            currency_effect=float(linked.currency[at]),
            total_effect=float(linked.total[at]),
        )
        for at, bucket in enumerate(buckets)
    ]


def _totals(linked: Linked) -> AttributionTotals:
    return AttributionTotals(
        allocation_effect=linked.allocation_total,
        selection_effect=linked.selection_total,
        interaction_effect=linked.interaction_total,
        currency_effect=linked.currency_total,
        total_effect=linked.active_return,
    )


def _left_out(book: Book, path: BenchmarkPath) -> list[Left]:
    detail = "A constituent without prices; the others are scaled up."
    return left_out(book.excluded) + [
        Left(ticker=ticker, code="no_price", detail=detail) for ticker in path.missing
    ]


def _no_returns(start: date, end: date) -> Refused:
    detail = f"No daily return of the portfolio lies between {start} and {end}."
    return Refused(detail, violations=[Violation("period", "no_returns", detail)])


def _total_loss(day: np.datetime64, linking: Linking) -> Refused:
    detail = (
        f"A return of {day} is -100 % or less, which linking {linking} cannot express; grap and none can."
    )
    return Refused(detail, violations=[Violation("period", "total_loss", detail)])


def _hash(
    book: Book, portfolio: Side, benchmark: Side, buckets: list[str], *, period: str, by: By, linking: Linking
) -> str:
    sides = [part for side in (portfolio, benchmark) for part in (side.weights, side.local, side.currency)]
    return inputs_hash(book.currency, period, by, linking, buckets, book.days, *sides)


def _date(day: np.datetime64) -> date:
    found: date = day.astype("datetime64[D]").item()
    return found
