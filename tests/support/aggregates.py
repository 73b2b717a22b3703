"""Aggregates to begin a test with; each builder takes only what the test is about."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from domain.aggregate import Aggregate
from domain.drift import Target
from domain.holding_facts import Position, holdings_id, position_id
from domain.holdings import Holdings
from domain.instruments import Instruments, registry_id
from domain.policy import RebalanceOptions
from domain.portfolio import Portfolio

PORTFOLIO = UUID("00000000-0000-4000-8000-000000000001")
NOW = datetime(2024, 6, 3, 12, 0, tzinfo=UTC)


def on(day: str) -> datetime:
    """Noon of a day."""
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


def new_facts(aggregate: Aggregate) -> list[Any]:
    """What was decided since the last look."""
    return list(aggregate.collect_events())


def a_portfolio(**given: Any) -> Portfolio:
    """A registered long-only portfolio in US dollars."""
    registration: dict[str, Any] = {
        "tenant_id": "acme",
        "name": "Global Equity",
        "portfolio_type": "long_only",
        "currency": "USD",
        "inception_date": date(2024, 1, 2),
        "benchmark_ticker": None,
        "rebalance_threshold": Decimal("0.05"),
        "metadata": {},
        "description": None,
        "rebalance_policy": RebalanceOptions(),
    }
    portfolio = Portfolio.start(
        Portfolio.Registered, id=PORTFOLIO, effective_at=on("2024-01-02"), **{**registration, **given}
    )
    new_facts(portfolio)
    return portfolio


def a_target(portfolio: Portfolio, bucket: str, weight: str, **given: Any) -> Target:
    """A sector target."""
    allocation_type = given.pop("allocation_type", "sector")
    return Target(
        allocation_id=portfolio.allocation_id(allocation_type, bucket),
        allocation_type=allocation_type,
        bucket=bucket,
        target_weight=Decimal(weight),
        **given,
    )


def some_holdings() -> Holdings:
    """Holdings that hold nothing yet."""
    holdings = Holdings.start(
        Holdings.Started,
        id=holdings_id(PORTFOLIO),
        tenant_id="acme",
        portfolio_id=PORTFOLIO,
        effective_at=NOW,
    )
    new_facts(holdings)
    return holdings


def a_position(ticker: str, quantity: str, price: str = "100", **given: Any) -> Position:
    """A fact about one holding."""
    instrument = uuid5(PORTFOLIO, ticker)
    account = given.pop("account", "")
    return Position(
        position_id=position_id(PORTFOLIO, account, instrument),
        instrument_id=instrument,
        ticker=ticker,
        quantity=Decimal(quantity),
        currency=given.pop("currency", "USD"),
        current_price=Decimal(price),
        account=account,
        **given,
    )


def a_registry() -> Instruments:
    """A registry that knows nothing yet."""
    registry = Instruments.start(
        Instruments.Started, id=registry_id("acme"), tenant_id="acme", effective_at=NOW
    )
    new_facts(registry)
    return registry
