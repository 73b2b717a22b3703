"""What a file of positions would change in what is held: pure, and the same for a dry run."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec

from application.positions.file import CashRow, FileWarning, ParsedFile, PositionRow
from domain.holding_facts import CashLevel, Position, position_name
from domain.holdings import Holdings
from domain.instruments import Description, Instrument
from domain.named_ids import NamedIds

Mode = Literal["upsert", "snapshot"]
ZERO = Decimal(0)


class Changes(msgspec.Struct, kw_only=True):
    """The facts an import leads to, and what is said about them."""

    positions: list[Position]
    cash: list[CashLevel]
    created: int
    updated: int
    unchanged: int
    closed: list[Position]
    warnings: list[FileWarning]


def describe(row: PositionRow) -> Description:
    """Return what a row says of its instrument."""
    return Description(
        ticker=row.ticker or None,
        name=row.security_name or None,
        figi=row.figi,
        isin=row.isin,
        cusip=row.cusip,
        sedol=row.sedol,
        exchange=row.exchange,
        currency=row.currency,
    )


class Reconciliation:
    """Compares the rows of one file with what is held on one day."""

    def __init__(
        self, holdings: Holdings, parsed: ParsedFile, *, currency: str, day: date, today: date
    ) -> None:
        self._holdings, self._parsed, self._currency, self._day = holdings, parsed, currency, day
        self._price_day = parsed.as_of or day
        self._on = None if day >= today else day
        self._says_asset_class = "asset_class" in parsed.columns

    def changes(self, instruments: Sequence[Instrument], mode: Mode) -> Changes:
        """Return what really changes; a row that says what is known already changes nothing."""
        warnings: list[FileWarning] = []
        stated = self._stated(instruments, warnings)
        changed, created, updated = [], 0, 0
        for new, before, _ in stated.values():
            if _same(new, before):
                continue
            changed.append(new)
            if before is None or not before.quantity:
                created += 1
            else:
                updated += 1
        closed = self._closed(stated.keys(), warnings) if mode == "snapshot" else []
        cash, cash_unchanged = self._cash()
        unchanged_rows = sum(rows for new, before, rows in stated.values() if _same(new, before))
        return Changes(
            positions=[*changed, *closed],
            cash=cash,
            created=created,
            updated=updated,
            unchanged=unchanged_rows + cash_unchanged,
            closed=closed,
            warnings=warnings,
        )

    def _stated(
        self, instruments: Sequence[Instrument], warnings: list[FileWarning]
    ) -> dict[UUID, tuple[Position, Position | None, int]]:
        stated: dict[UUID, tuple[Position, Position | None, int]] = {}
        named = NamedIds(self._holdings.portfolio_id)
        for row, instrument in zip(self._parsed.positions, instruments, strict=True):
            key = named(position_name(row.account, instrument.instrument_id))
            before = self._holdings.known_position(key, self._on)
            new = self._position(key, row, instrument, before)
            if key in stated:
                earlier, _, rows = stated[key]
                warnings.append(_same_instrument(row, earlier))
                stated[key] = (_together(earlier, new), before, rows + 1)
            else:
                stated[key] = (new, before, 1)
        return stated

    def _position(
        self, key: UUID, row: PositionRow, instrument: Instrument, before: Position | None
    ) -> Position:
        price = _said(row, before, "current_price")
        asset_class = row.asset_class if self._says_asset_class or before is None else before.asset_class
        currency = _said(row, before, "currency") or instrument.currency or self._currency
        return Position(
            position_id=key,
            instrument_id=instrument.instrument_id,
            ticker=row.ticker or _name_of(instrument),
            quantity=row.quantity,
            currency=currency,
            account=row.account,
            asset_class=asset_class,
            security_name=_said(row, before, "security_name") or instrument.name,
            avg_cost_price=_said(row, before, "avg_cost_price"),
            current_price=price,
            price_date=self._dated(price, row, before),
            sector=_said(row, before, "sector"),
            geography=_said(row, before, "geography"),
            isin=row.isin or instrument.isin,
            cusip=row.cusip or instrument.cusip,
        )

    def _dated(self, price: Decimal | None, row: PositionRow, before: Position | None) -> date | None:
        """Return the day of the price; the same price told again keeps its day, so that a file twice is no news."""
        if before is not None and before.current_price == price:
            return before.price_date
        return None if row.current_price is None else self._price_day

    def _closed(self, stated: Iterable[UUID], warnings: list[FileWarning]) -> list[Position]:
        """Return what the file's accounts no longer hold; a row that could not be read closes nothing.

        A file is a snapshot of the accounts it names: brokers export them one by one. The others are told.
        """
        present = set(stated)
        accounts = {row.account for row in self._parsed.positions} | {
            row.account for row in self._parsed.cash
        }
        unreadable = {cell.strip().upper() for failed in self._parsed.failed_rows for cell in failed.cells}
        closed, others = [], Counter[str]()
        for held in self._holdings.positions(self._on):
            if held.position_id in present:
                continue
            if held.account not in accounts:
                others[held.account] += 1
            elif {held.ticker, held.isin, held.cusip} & unreadable:
                warnings.append(_kept(held))
            else:
                closed.append(msgspec.structs.replace(held, quantity=ZERO))
        warnings.extend(_elsewhere(account, count) for account, count in sorted(others.items()))
        return closed

    def _cash(self) -> tuple[list[CashLevel], int]:
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        rows: dict[tuple[str, str], list[CashRow]] = defaultdict(list)
        for row in self._parsed.cash:
            key = (row.account, row.currency or self._currency)
            sums[key] += row.amount
            rows[key].append(row)
        levels, unchanged = [], 0
        for (account, currency), amount in sums.items():
            if self._holdings.balance(account, currency, self._on) == amount:
                unchanged += len(rows[account, currency])
            else:
                levels.append(CashLevel(account=account, currency=currency, amount=amount))
        return levels, unchanged


def _said(row: PositionRow, before: Position | None, name: str) -> Any:
    """Return what the row says, or, where it is silent, what was known."""
    said = getattr(row, name)
    return getattr(before, name, None) if said is None or said == "" else said


def _same(new: Position, before: Position | None) -> bool:
    return new == before or (before is None and not new.quantity)


def _name_of(instrument: Instrument) -> str:
    names = (instrument.ticker, instrument.isin, instrument.cusip, instrument.sedol, instrument.figi)
    return next((name for name in names if name), instrument.name or str(instrument.instrument_id))


def _together(first: Position, second: Position) -> Position:
    """Add two lots of one position: quantities add up, the cost is their average by quantity."""
    quantity = first.quantity + second.quantity
    costs = (first.avg_cost_price, second.avg_cost_price)
    cost = first.avg_cost_price if costs[1] is None else costs[1]
    if costs[0] is not None and costs[1] is not None and quantity:
        cost = (first.quantity * costs[0] + second.quantity * costs[1]) / quantity
    price = second.current_price if second.current_price is not None else first.current_price
    return msgspec.structs.replace(second, quantity=quantity, avg_cost_price=cost, current_price=price)


def _same_instrument(row: PositionRow, earlier: Position) -> FileWarning:
    message = (
        f"The row names the same instrument as an earlier one ({earlier.ticker}); their quantities are added."
    )
    return FileWarning(row=row.row, column=None, code="same_instrument", message=message)


def _elsewhere(account: str, positions: int) -> FileWarning:
    name = f"account {account}" if account else "no account"
    message = f"The file has no row of {name}, so positions held there stay open: {positions}."
    return FileWarning(row=None, column=None, code="account_not_in_file", message=message)


def _kept(held: Position) -> FileWarning:
    message = f"{held.ticker} stays open, since the row that may speak of it has errors."
    return FileWarning(row=None, column=None, code="not_closed", message=message)
