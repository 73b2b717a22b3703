"""Record, revise and close single positions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, overload
from uuid import UUID

import msgspec

from application.caller import Caller
from application.ledger import Done, Expected, Ledger, Remember, Unit, forget, retried
from application.market.pricing import in_todays_units
from application.market.quotes import Quotes
from domain.errors import PreconditionFailed
from domain.holding_facts import Position, position_id, position_version
from domain.holding_refusals import PositionNotFound
from domain.holdings import Holdings
from domain.instruments import Description, Instrument
from domain.portfolio import Portfolio

REVISABLE = frozenset(
    {"quantity", "avg_cost_price", "current_price", "asset_class", "sector", "geography", "security_name"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPosition:
    """A holding bought at `price` per unit; one of the same instrument grows and averages its cost."""

    caller: Caller
    portfolio_id: UUID
    symbol: str
    quantity: Decimal
    price: Decimal
    account: str = ""
    currency: str | None = None
    attributes: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisePosition:
    """Only the attributes named in `changes` change."""

    caller: Caller
    portfolio_id: UUID
    position_id: UUID
    changes: Mapping[str, Any]
    expected: Expected | None = None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A position as it stands after a command, and the version of the holdings."""

    portfolio_id: UUID
    position: Position
    version: int
    created: bool = False


@retried
async def record_position(
    command: RecordPosition, *, ledger: Ledger, quotes: Quotes, remember: Remember[Held] = forget
) -> Done[Held]:
    """Record the holding; no cash moves."""
    async with ledger.unit(command.caller) as unit:
        portfolio, holdings = await _open(unit, command.portfolio_id)
        registry = await unit.instruments()
        (instrument,) = registry.resolve([_description(command)], at=unit.now)
        known_id = position_id(portfolio.id, command.account, instrument.instrument_id)
        before = await _restated(holdings.known_position(known_id), holdings, quotes)
        bought = _bought(command, portfolio, instrument, before, on=unit.now.date())
        known = _grown(before, bought) if before is not None and before.quantity else bought
        holdings.change([known], at=unit.now)
        result = Held(
            portfolio_id=portfolio.id, position=known, version=holdings.version, created=known is bought
        )
        return await unit.commit(result, remember)


@retried
async def revise_position(command: RevisePosition, *, ledger: Ledger, quotes: Quotes) -> Done[Held]:
    """Change single attributes of a position."""
    async with ledger.unit(command.caller) as unit:
        _, holdings = await _open(unit, command.portfolio_id)
        told = _as_expected(holdings, command)
        before = await _restated(told, holdings, quotes)
        changes = dict(command.changes)
        if "current_price" in changes:
            changes["price_date"] = _price_day(before, changes["current_price"], unit.now.date())
        after = msgspec.structs.replace(before, **changes)
        if after == before:
            after = told
        else:
            holdings.change([after], at=unit.now)
        return await unit.commit(
            Held(portfolio_id=command.portfolio_id, position=after, version=holdings.version)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePosition:
    """Which position of which portfolio."""

    caller: Caller
    portfolio_id: UUID
    position_id: UUID
    expected: Expected | None = None


@retried
async def close_position(command: ClosePosition, *, ledger: Ledger) -> Done[int]:
    """Record that nothing is held any more, and return the holdings' version; no cash moves."""
    async with ledger.unit(command.caller) as unit:
        _, holdings = await _open(unit, command.portfolio_id)
        before = _as_expected(holdings, command)
        holdings.change([msgspec.structs.replace(before, quantity=Decimal(0))], at=unit.now)
        return await unit.commit(holdings.version)


async def _open(unit: Unit, portfolio_id: UUID) -> tuple[Portfolio, Holdings]:
    portfolio = await unit.portfolio(portfolio_id)
    portfolio.require_active()
    return portfolio, await unit.holdings(portfolio_id)


@overload
async def _restated(stated: Position, holdings: Holdings, quotes: Quotes) -> Position: ...
@overload
async def _restated(stated: Position | None, holdings: Holdings, quotes: Quotes) -> Position | None: ...
async def _restated(stated: Position | None, holdings: Holdings, quotes: Quotes) -> Position | None:
    """Return what is known of a position in units of today, in which every new fact speaks."""
    since = None if stated is None else holdings.stated_on(stated.position_id)
    if stated is None or since is None or not stated.quantity:
        return stated
    return await in_todays_units(quotes, holdings.tenant_id, stated, since)


def _as_expected(holdings: Holdings, command: RevisePosition | ClosePosition) -> Position:
    """Return the position that is held, if it still says what the caller has seen."""
    before = holdings.position(command.position_id)
    if before is None:
        raise PositionNotFound(command.position_id)
    version = position_version(before)
    if command.expected is not None and not command.expected(version):
        raise PreconditionFailed("The position has changed.", current_version=version)
    return before


def _said(command: RecordPosition) -> dict[str, Any]:
    return {name: value for name, value in (command.attributes or {}).items() if value is not None}


def _description(command: RecordPosition) -> Description:
    said = _said(command)
    identity = {name: said[name] for name in ("isin", "cusip", "sedol", "figi", "exchange") if name in said}
    return Description(
        ticker=command.symbol, name=said.get("security_name"), currency=command.currency, **identity
    )


def _bought(
    command: RecordPosition,
    portfolio: Portfolio,
    instrument: Instrument,
    before: Position | None,
    *,
    on: date,
) -> Position:
    """Return the purchase as a position of its own, its currency the first that anybody has named."""
    said = _said(command)
    known = before.currency if before is not None else None
    return Position(
        position_id=position_id(portfolio.id, command.account, instrument.instrument_id),
        instrument_id=instrument.instrument_id,
        ticker=command.symbol,
        quantity=command.quantity,
        currency=command.currency or known or instrument.currency or portfolio.currency,
        account=command.account,
        avg_cost_price=command.price,
        current_price=said.get("current_price", command.price),
        price_date=on,
        isin=instrument.isin,
        cusip=instrument.cusip,
        **_described(said, before),
    )


def _described(said: Mapping[str, Any], before: Position | None) -> dict[str, Any]:
    """Return the descriptive attributes: what is said now, else what was known."""
    names = ("asset_class", "security_name", "sector", "geography")
    known = {name: getattr(before, name) for name in names} if before is not None else {}
    return {**known, **{name: said[name] for name in names if name in said}}


def _grown(before: Position, bought: Position) -> Position:
    """Add a purchase: quantities add up, the cost becomes their average by quantity.

    What reduces a holding leaves the cost of the rest; what turns it into its opposite begins at the new price.
    """
    quantity = before.quantity + bought.quantity
    return msgspec.structs.replace(bought, quantity=quantity, avg_cost_price=_cost_of_both(before, bought))


def _cost_of_both(before: Position, bought: Position) -> Decimal | None:
    quantity = before.quantity + bought.quantity
    old, new = before.avg_cost_price, bought.avg_cost_price
    if before.quantity * bought.quantity > 0:
        if old is None or new is None:
            return new
        return (before.quantity * old + bought.quantity * new) / quantity
    return old if before.quantity * quantity >= 0 else new


def _price_day(before: Position, price: Decimal | None, today: date) -> date | None:
    if price is None:
        return None
    return before.price_date if before.current_price == price else today
