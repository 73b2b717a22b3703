"""Both sides of an attribution, bucket by bucket and day by day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.attribution import Segments
from analytics.attribution.effects import NO_WEIGHT
from application.benchmark.structure import BenchmarkPath, Member
from application.market.history import Floats
from application.performance.track import Track
from application.valuation.book import Book, BookPosition
from domain.attribution import By
from domain.sectors import sector_slug

CASH = "cash"
UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Weights at the start of each day, and contributions to its return: shape (n_days, n_buckets), fractions.

    local : contributions at the exchange rates of the day before. currency : what the rates' changes added.
    """

    weights: Floats
    local: Floats
    currency: Floats

    def returns(self) -> Floats:
        """Local return of each bucket, NaN where it has no weight."""
        return _over(self.local, self.weights)

    def compounded(self) -> list[float | None]:
        """Return of each bucket over all days on which it was held, currency included; None where it never was."""
        daily = _over(self.local + self.currency, self.weights)
        held = np.asarray(~np.isnan(daily).all(axis=0))
        whole = np.prod(1 + np.nan_to_num(daily), axis=0) - 1
        return [float(one) if known else None for one, known in zip(whole, held, strict=True)]


def buckets_of(book: Book, path: BenchmarkPath, by: By) -> tuple[list[str], list[str], list[str]]:
    """Return all buckets by name, and the bucket of each position and of each member."""
    names = {one.listing_id: one.ticker for one in path.members}
    positions = [_position_bucket(one, by, names) for one in book.positions]
    members = [_member_bucket(one, by) for one in path.members]
    cash = [CASH] if book.cash.any() or book.cash_before.any() else []
    return sorted({*positions, *members, *cash}), positions, members


def portfolio_side(book: Book, track: Track, buckets: Sequence[str], of_positions: Sequence[str]) -> Side:
    """Return the portfolio's side: contributions of each row sum to the track's return of that row.

    Gains of a stretch that the track takes together are over the capital that was invested in it.
    """
    begin = track.rows[:-1]
    in_bucket = _membership(of_positions, buckets)
    in_cash = _membership([CASH] * len(book.cash_currencies), buckets)
    local, currency = _gains(book, in_bucket, in_cash)
    held = book.value[begin] @ in_bucket + np.nan_to_num(book.cash * book.cash_rate)[begin] @ in_cash
    total = book.total[begin, None]
    capital = total.copy()
    for row, stretch in track.stretches.items():
        capital[row - 1] = stretch.invested
    with np.errstate(divide="ignore", invalid="ignore"):
        return Side(
            weights=held / total,
            local=np.add.reduceat(local, begin, axis=0) / capital,
            currency=np.add.reduceat(currency, begin, axis=0) / capital,
        )


def _gains(book: Book, in_bucket: Floats, in_cash: Floats) -> tuple[Floats, Floats]:
    """Gains of each day but the first by bucket: at the rates of the day before, and from the change of rates."""
    per_unit = book.before[1:] * (book.price[1:] + book.income[1:])
    old_rate, new_rate = np.nan_to_num(book.rate[:-1]), np.nan_to_num(book.rate[1:])
    local = np.nan_to_num(per_unit * old_rate) - book.value[:-1]
    whole = np.nan_to_num(per_unit * new_rate) - book.value[:-1]
    opening = np.nan_to_num(book.cash[:-1] * book.cash_rate[:-1])
    cash = np.nan_to_num(book.cash_before[1:] * book.cash_rate[1:]) - opening
    own = np.array([one == book.currency for one in book.cash_currencies], dtype=np.bool_)
    at_home = local @ in_bucket + np.where(own, cash, 0.0) @ in_cash
    return at_home, (whole - local) @ in_bucket + np.where(own, 0.0, cash) @ in_cash


def benchmark_side(path: BenchmarkPath, buckets: Sequence[str], of_members: Sequence[str]) -> Side:
    """Return the benchmark's side: contributions of each row sum to the path's returns."""
    in_bucket = _membership(of_members, buckets)
    weights, local = path.weights[1:], path.local_returns[1:]
    return Side(
        weights=weights @ in_bucket,
        local=(weights * local) @ in_bucket,
        currency=(weights * (path.member_returns[1:] - local)) @ in_bucket,
    )


def segments_of(portfolio: Side, benchmark: Side) -> Segments:
    """Return both sides as attribution takes them."""
    unweighted = np.where(np.abs(portfolio.weights) <= NO_WEIGHT, portfolio.local, 0.0)
    return Segments(
        portfolio_weights=portfolio.weights,
        benchmark_weights=benchmark.weights,
        portfolio_returns=portfolio.returns(),
        benchmark_returns=benchmark.returns(),
        portfolio_unweighted=unweighted,
        portfolio_currency=portfolio.currency,
        benchmark_currency=benchmark.currency,
    )


def _over(contributions: Floats, weights: Floats) -> Floats:
    held = np.abs(weights) > NO_WEIGHT
    returns: Floats = np.where(held, contributions / np.where(held, weights, 1.0), np.nan)
    return returns


def _membership(of: Sequence[str], buckets: Sequence[str]) -> Floats:
    """Ones where an item belongs to a bucket: shape (n_items, n_buckets)."""
    columns = {bucket: at for at, bucket in enumerate(buckets)}
    found = np.zeros((len(of), len(buckets)))
    found[np.arange(len(of)), [columns[one] for one in of]] = 1
    return found


def _position_bucket(one: BookPosition, by: By, names: dict[int, str]) -> str:
    if by == "security":  # what is one listing is one bucket, whatever either side calls it
        known = names.get(one.listing_id) if one.listing_id is not None else None
        return known or one.ticker
    sector = sector_slug(one.sector) if one.sector else None
    return _class_of(sector, one.geography, one.asset_class, by)


def _member_bucket(one: Member, by: By) -> str:
    return one.ticker if by == "security" else _class_of(one.sector, one.geography, one.asset_class, by)


def _class_of(sector: str | None, geography: str | None, asset_class: str, by: By) -> str:
    if by == "sector":
        return sector or UNCLASSIFIED
    if by == "geography":
        return geography.upper() if geography else UNCLASSIFIED
    return asset_class
