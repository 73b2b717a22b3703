"""The demo tenant: three years of real prices until 2022-12-28, targets that it nearly keeps, and a way in."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg

from application.caller import DEFAULT_SCOPES, SCOPES, Caller
from application.ledger import Ledger
from application.portfolios.register import RegisterPortfolio, register_portfolio
from application.positions.file import ColumnMapping, ImportLimits, ParsedFile
from application.positions.import_positions import ImportPositions, import_positions
from application.positions.move_cash import MoveCash, move_cash
from bootstrap.demo_access import DemoAccess
from bootstrap.ledger import ledger_on
from bootstrap.settings import Settings
from domain.drift import Target
from domain.portfolio import Portfolio, PortfolioNotFound
from domain.timeline import start_of
from infrastructure.embedded.private_files import control_folder, write_private
from infrastructure.identity.keys import create_api_key, key_hash
from infrastructure.identity.tokens import issue_token
from infrastructure.imports.parser import parse_positions
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.postgres.connect import pool

TENANT = "demo"
PORTFOLIO = uuid5(UUID("6f1d7f5a-55a7-5d0c-9d0f-7a1f3b0c2e61"), "demo portfolio")
LAST_DAY = date(2022, 12, 28)
"""The bundled prices end here, so the tenant's clock stands still on this day."""
INCEPTION = date(2020, 1, 2)
BENCHMARK = "SP20EW"
CURRENCY = "USD"
TOKEN_SECONDS = 7 * 24 * 3600
KEY_FILE = "demo-key"
TARGETS = {
    "technology": ("0.27", "0.15", "0.35"),
    "health_care": ("0.20", "0.10", "0.30"),
    "consumer_staples": ("0.15", "0.05", "0.25"),
    "energy": ("0.11", "0.05", "0.20"),
    "financials": ("0.10", "0.05", "0.20"),
}
CASH_MOVES = {
    date(2020, 6, 12): ("40000", "contribution"),
    date(2021, 6, 30): ("-25000", "distribution"),
    date(2022, 8, 15): ("-40000", "distribution"),
}
PIN_CLOCK = "insert into market.clock (owner, day) values (%s, %s) on conflict (owner) do nothing"


class _InstalledFile:
    """The `PositionFiles` port for a file that came with the installation."""

    async def parse(self, content: bytes, filename: str, mapping: ColumnMapping | None) -> ParsedFile:
        return parse_positions(content, filename, limits=ImportLimits(), mapping=mapping)


def load(settings: Settings) -> DemoAccess:
    """Make the demo tenant unless it is there, and return how to get in; a token is new each time."""
    assert settings.database_url is not None
    asyncio.run(load_portfolio(settings.database_url))
    return DemoAccess(
        tenant=TENANT,
        token=issue_token(
            settings.signing_secret(), TENANT, ttl=TOKEN_SECONDS, scopes=DEFAULT_SCOPES, now=datetime.now(UTC)
        ),
        api_key=_api_key(settings),
        portfolio_id=str(PORTFOLIO),
    )


async def load_portfolio(database_url: str) -> None:
    """Pin the tenant's clock and fill the portfolio; on the owner's connection, since no tenant sets clocks."""
    async with pool(database_url, "demo", size=2) as connections:
        async with connections.connection() as connection:
            await connection.execute(PIN_CLOCK, (TENANT, LAST_DAY))
        await fill(ledger_on(connections))


async def fill(ledger: Ledger) -> None:
    """Record the demo portfolio and its past; what is there already, changed or not, stays as it is.

    The targets come last, all at once: they say that the rest is there, and the agent begins to look when the
    portfolio is complete.
    """
    caller = _caller()
    version = await _version(ledger, caller)
    if version is None:
        await _register(ledger, caller)
    elif version > 1:
        return
    for on in history_days():
        if on in CASH_MOVES:
            amount, note = CASH_MOVES[on]
            await _move_cash(ledger, caller, Decimal(amount), on, note)
        await _import(ledger, caller, on)
    await _set_targets(ledger, caller)


def history_days() -> list[date]:
    """Return the days on which something changed, oldest first."""
    return sorted({*CASH_MOVES, *position_files()})


def position_files() -> dict[date, bytes]:
    """Return what the portfolio's positions were said to be, by the day from which that holds."""
    folder = files("bootstrap.demo_files")
    return {
        date.fromisoformat(file.name.removesuffix(".csv")): file.read_bytes()
        for file in folder.iterdir()
        if file.name.endswith(".csv")
    }


async def _version(ledger: Ledger, caller: Caller) -> int | None:
    async with ledger.unit(caller) as unit:
        try:
            portfolio = await unit.portfolio(PORTFOLIO)
        except PortfolioNotFound:
            return None
        return portfolio.version


async def _register(ledger: Ledger, caller: Caller) -> None:
    command = RegisterPortfolio(
        caller=caller,
        portfolio_id=PORTFOLIO,
        name="Global Equity Alpha",
        portfolio_type="long_only",
        currency=CURRENCY,
        inception_date=INCEPTION,
        benchmark_ticker=BENCHMARK,
        description=f"Historical data: real adjusted closing prices until {LAST_DAY}, a made-up portfolio.",
    )
    await register_portfolio(command, ledger=ledger)


async def _move_cash(ledger: Ledger, caller: Caller, amount: Decimal, on: date, note: str) -> None:
    """Deposit or withdraw; a load that was cut short has done so already."""
    async with ledger.unit(caller) as unit:
        holdings = await unit.holdings(PORTFOLIO)
        if holdings.balance("", CURRENCY, on) != holdings.balance("", CURRENCY, on - timedelta(days=1)):
            return
    command = MoveCash(caller=caller, portfolio_id=PORTFOLIO, amount=amount, on=on, note=note)
    await move_cash(command, ledger=ledger)


async def _import(ledger: Ledger, caller: Caller, on: date) -> None:
    content = position_files().get(on)
    if content is None:
        return
    command = ImportPositions(
        caller=caller, portfolio_id=PORTFOLIO, content=content, filename=f"positions-{on}.csv", as_of=on
    )
    await import_positions(command, ledger=ledger, files=_InstalledFile(), rates=EcbRates())


async def _set_targets(ledger: Ledger, caller: Caller) -> None:
    async with ledger.unit(caller) as unit:
        portfolio = await unit.portfolio(PORTFOLIO)
        for target in _targets(portfolio):
            portfolio.set_target(target, at=start_of(INCEPTION))
        await unit.commit(None)


def _targets(portfolio: Portfolio) -> list[Target]:
    return [
        Target(
            allocation_id=portfolio.allocation_id("sector", bucket),
            allocation_type="sector",
            bucket=bucket,
            target_weight=Decimal(target),
            min_weight=Decimal(lowest),
            max_weight=Decimal(highest),
        )
        for bucket, (target, lowest, highest) in TARGETS.items()
    ]


def _api_key(settings: Settings) -> str:
    """Return the key of the first time while it works; it is kept in the home folder, like the other secrets."""
    assert settings.database_url is not None
    kept = control_folder(settings.home) / KEY_FILE
    with psycopg.connect(settings.database_url) as connection:
        if kept.exists() and _works(connection, kept):
            return kept.read_text(encoding="utf-8").strip()
        _, secret = create_api_key(connection, TENANT, "demo", DEFAULT_SCOPES)
        write_private(kept, secret)
        return secret


def _works(connection: psycopg.Connection[Any], kept: Path) -> bool:
    found = connection.execute(
        "select revoked_at is null from identity.find_api_key(%s)",
        (key_hash(kept.read_text(encoding="utf-8").strip()),),
    ).fetchone()
    return bool(found and found[0])


def _caller() -> Caller:
    return Caller(
        tenant=TENANT,
        actor="demo",
        scopes=frozenset(SCOPES),
        correlation_id="demo",
        causation_id=None,
        traceparent=None,
    )
