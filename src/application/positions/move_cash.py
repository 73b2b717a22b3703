"""Deposit or withdraw cash."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from application.caller import Caller
from application.ledger import Done, Ledger, Remember, forget, retried
from application.portfolios.register import require_not_future
from domain.timeline import start_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCash:
    """A positive amount is deposited, a negative one withdrawn; the currency is by default the portfolio's."""

    caller: Caller
    portfolio_id: UUID
    amount: Decimal
    currency: str | None = None
    on: date | None = None
    note: str | None = None


class CashMoved(msgspec.Struct, frozen=True, kw_only=True):
    """The movement, and the balance of its currency afterwards."""

    portfolio_id: UUID
    amount: Decimal
    currency: str
    date: date
    note: str | None
    cash_balance: Decimal
    version: int


@retried
async def move_cash(
    command: MoveCash, *, ledger: Ledger, remember: Remember[CashMoved] = forget
) -> Done[CashMoved]:
    """Record the movement; a withdrawal beyond the balance is refused."""
    async with ledger.unit(command.caller) as unit:
        day = command.on or unit.now.date()
        require_not_future(day, unit.now, "date")
        portfolio = await unit.portfolio(command.portfolio_id)
        portfolio.require_active()
        holdings = await unit.holdings(command.portfolio_id)
        currency = command.currency or portfolio.currency
        at = start_of(day) if command.on else unit.now
        holdings.move_cash(command.amount, currency, note=command.note, at=at)
        result = CashMoved(
            portfolio_id=portfolio.id,
            amount=command.amount,
            currency=currency,
            date=day,
            note=command.note,
            cash_balance=holdings.balance("", currency),
            version=holdings.version,
        )
        return await unit.commit(result, remember)
