"""What can be said about holdings: positions, cash, and what an import did."""

from datetime import date
from decimal import Context, Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import msgspec

_EXACT = Context(prec=400)
_SAID_OF_A_POSITION = (
    "ticker", "quantity", "currency", "account", "asset_class", "security_name", "avg_cost_price",
    "current_price", "price_date", "sector", "geography", "isin", "cusip",
)  # fmt: skip


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact about one holding; prices are per unit in `currency`, a negative quantity is short."""

    position_id: UUID
    instrument_id: UUID
    ticker: str
    quantity: Decimal
    currency: str
    account: str = ""
    asset_class: str = "equity"
    security_name: str | None = None
    avg_cost_price: Decimal | None = None
    current_price: Decimal | None = None
    price_date: date | None = None
    sector: str | None = None
    geography: str | None = None
    isin: str | None = None
    cusip: str | None = None


class CashLevel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The balance of one currency in one account, as a file states it."""

    currency: str
    amount: Decimal
    account: str = ""


class CashMove(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit (positive) or withdrawal (negative), or a new level that replaces what was before."""

    amount: Decimal
    is_level: bool


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, as it is told to whoever asks later."""

    import_id: UUID
    filename: str
    sha256: str
    format: str
    mode: str
    as_of: date
    rows_imported: int
    rows_with_errors: int
    rows_unchanged: int
    rows_skipped: int
    created: int
    updated: int
    closed: int
    closed_positions: list[str]
    errors: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    totals_before: dict[str, Any]
    totals_after: dict[str, Any]
    failed_rows_csv: str


def holdings_id(portfolio_id: UUID) -> UUID:
    """Return the id of the stream that holds a portfolio's positions and cash."""
    return uuid5(portfolio_id, "holdings")


def position_id(portfolio_id: UUID, account: str, instrument_id: UUID) -> UUID:
    """Return the id a position has for ever: its natural key is (portfolio, account, instrument)."""
    return uuid5(portfolio_id, position_name(account, instrument_id))


def position_name(account: str, instrument_id: UUID) -> str:
    """Return what a position is called among those of its portfolio; its id is derived from it."""
    return f"{account}\n{instrument_id}"


def position_version(told: Any) -> int:
    """Return a number that stands for all that a position says of itself: another fact, another number.

    It is made from the content, since a position has no stream of its own whose version would count its facts.
    `told` is a Position or a row with its attributes.
    """
    facts = [_plain(getattr(told, name)) for name in _SAID_OF_A_POSITION]
    digest = sha256(msgspec.json.encode(facts)).digest()
    return int.from_bytes(digest[:8], "big") % 10**15


def _plain(fact: Any) -> Any:
    """Return equal numbers alike, however many zeros they carry."""
    return format(fact.normalize(_EXACT), "f") if isinstance(fact, Decimal) else fact
