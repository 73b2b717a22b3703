"""Register a portfolio."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.caller import Caller
from application.ledger import Done, Ledger, Remember, Unit, forget
from domain.errors import Refused, Violation
from domain.policy import RebalanceOptions
from domain.portfolio import Portfolio
from domain.timeline import start_of

EARLIEST_TIME_ZONE = timedelta(hours=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPortfolio:
    """What a portfolio starts with; `initial_cash` is deposited on the day of inception."""

    caller: Caller
    name: str
    portfolio_type: str = "long_only"
    currency: str = "USD"
    inception_date: date | None = None
    benchmark_ticker: str | None = None
    rebalance_threshold: Decimal = Decimal("0.05")
    metadata: dict[str, Any] = field(default_factory=dict)
    description: str | None = None
    initial_cash: Decimal = Decimal(0)
    rebalance_policy: RebalanceOptions = RebalanceOptions()  # noqa: RUF009 frozen
    portfolio_id: UUID | None = None


async def register_portfolio(
    command: RegisterPortfolio, *, ledger: Ledger, remember: Remember[Portfolio] = forget
) -> Done[Portfolio]:
    """Open the portfolio and deposit its first cash."""
    async with ledger.unit(command.caller) as unit:
        inception = command.inception_date or unit.now.date()
        require_not_future(inception, unit.now, "inception_date")
        portfolio = unit.start(_opened(command, inception))
        if command.initial_cash:
            await _deposit(command, portfolio, unit, start_of(inception))
        return await unit.commit(portfolio, remember)


def require_not_future(day: date, now: datetime, name: str) -> None:
    """Refuse a day that has not begun anywhere on Earth."""
    if day > (now.astimezone(UTC) + EARLIEST_TIME_ZONE).date():
        detail = f"{name} {day.isoformat()} lies in the future."
        raise Refused(detail, violations=(Violation(name, "future_date", detail),))


def _opened(command: RegisterPortfolio, inception: date) -> Portfolio:
    return Portfolio.start(
        Portfolio.Registered,
        id=command.portfolio_id or Portfolio.create_id(),
        tenant_id=command.caller.tenant,
        name=command.name,
        portfolio_type=command.portfolio_type,
        currency=command.currency,
        inception_date=inception,
        benchmark_ticker=command.benchmark_ticker,
        rebalance_threshold=command.rebalance_threshold,
        metadata=command.metadata,
        description=command.description,
        rebalance_policy=command.rebalance_policy,
        effective_at=start_of(inception),
    )


async def _deposit(command: RegisterPortfolio, portfolio: Portfolio, unit: Unit, at: datetime) -> None:
    holdings = await unit.holdings(portfolio.id)
    holdings.move_cash(command.initial_cash, command.currency, note="initial cash", at=at)
