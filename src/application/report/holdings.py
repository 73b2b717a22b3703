"""What is held on the book's last day, and how far that is from the targets."""

import math
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

import numpy as np

from application.report.content import CashRow, Drift, DriftRow, HoldingRow, Holdings, Section
from application.valuation.book import Book, BookPosition
from domain.drift import BucketDrift, Exposure, measure_drift
from domain.holding_facts import Position
from domain.holdings import Holdings as Held
from domain.portfolio import Portfolio
from domain.unavailable import Missing

NOTHING = Missing(code="nothing_held", detail="Nothing is held.")
NO_TARGETS = Missing(code="no_targets", detail="The portfolio has no target allocations.")


def holdings_section(book: Book, held: Held | None) -> Section[Holdings]:
    """Return positions and cash with their weights, the largest first."""
    total = float(book.total[-1])
    told = {} if held is None else {one.position_id: one for one in _facts(held)}
    rows = [
        _row(book, at, one, told.get(one.position_id), total)
        for at, one in enumerate(book.positions)
        if book.quantity[-1, at]
    ]
    cash = tuple(_cash(book, at, total) for at in np.flatnonzero(book.cash[-1]).tolist())
    if not rows and not cash:
        return NOTHING
    rows.sort(key=lambda row: (-abs(row.value or 0.0), row.ticker, row.account))
    return Holdings(rows=tuple(rows), cash=cash, total=total)


def drift_section(book: Book, portfolio: Portfolio) -> Section[Drift]:
    """Return the buckets with a target and their bands, those furthest from their targets first."""
    targets = list(portfolio.targets.values())
    if not targets:
        return NO_TARGETS
    cash = Decimal(repr(float(np.nan_to_num(book.cash[-1] * book.cash_rate[-1]).sum())))
    threshold = Decimal(str(portfolio.rebalance_threshold))
    report = measure_drift(_exposures(book), cash, targets, threshold)
    if report.reason is not None:
        return Missing(code="no_total", detail=f"There are no weights: {report.reason}.")
    rows = [_bucket(one) for one in report.buckets if one.target_weight is not None]
    rows.sort(key=lambda row: (row.allocation_type, -row.target, row.bucket))
    return Drift(threshold=float(threshold), rows=tuple(rows))


def _facts(held: Held) -> Iterable[Position]:
    return held.positions()


def _row(book: Book, at: int, one: BookPosition, told: Position | None, total: float) -> HoldingRow:
    units, price, rate = (float(values[-1, at]) for values in (book.quantity, book.price, book.rate))
    priced, valued = math.isfinite(price), math.isfinite(price * rate)
    value = units * price * rate if valued else None
    return HoldingRow(
        ticker=one.ticker,
        name=told.security_name if told is not None else None,
        account=one.account,
        sector=one.sector,
        currency=one.currency,
        quantity=units,
        price=price if priced else None,
        value=value,
        weight=value / total if value is not None and total > 0 else None,
        gain=_gain(told, units, price) if priced else None,
    )


def _gain(told: Position | None, units: float, price: float) -> float | None:
    """Return what the position gained on its cost, which is per unit as it was told: splits leave the sum alone."""
    if told is None or told.avg_cost_price is None:
        return None
    return units * price - float(told.quantity) * float(told.avg_cost_price)


def _cash(book: Book, at: int, total: float) -> CashRow:
    balance, rate = float(book.cash[-1, at]), float(book.cash_rate[-1, at])
    value = balance * rate if math.isfinite(rate) else None
    return CashRow(
        currency=book.cash_currencies[at],
        balance=balance,
        value=value,
        weight=value / total if value is not None and total > 0 else None,
    )


def _exposures(book: Book) -> list[Exposure]:
    values = book.value[-1]
    return [
        _exposure(one, one.instrument_id, book, at, float(values[at]))
        for at, one in enumerate(book.positions)
        if values[at]
    ]


def _exposure(one: BookPosition, instrument_id: UUID, book: Book, at: int, value: float) -> Exposure:
    price = float(book.price[-1, at] * book.rate[-1, at])
    return Exposure(
        position_id=one.position_id,
        instrument_id=instrument_id,
        ticker=one.ticker,
        account=one.account,
        asset_class=one.asset_class,
        quantity=Decimal(repr(float(book.quantity[-1, at]))),
        price=Decimal(repr(price)),
        value=Decimal(repr(value)),
        sector=one.sector,
        geography=one.geography,
        isin=one.isin,
    )


def _bucket(one: BucketDrift) -> DriftRow:
    assert one.actual_weight is not None
    assert one.target_weight is not None
    assert one.lower is not None
    assert one.upper is not None
    return DriftRow(
        allocation_type=one.allocation_type,
        bucket=one.bucket,
        actual=float(one.actual_weight),
        target=float(one.target_weight),
        lower=float(one.lower),
        upper=float(one.upper),
        breached=one.breached,
    )
