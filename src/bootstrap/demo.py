"""The demo tenant: real prices of 2022-12-28, targets that it nearly keeps, and a way in."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg

from application.allocations.set_target import SetTarget, set_target
from application.caller import DEFAULT_SCOPES, SCOPES, Caller
from application.ledger import Ledger
from application.portfolios.register import RegisterPortfolio, register_portfolio
from application.positions.file import ColumnMapping, ImportLimits, ParsedFile
from application.positions.import_positions import ImportPositions, import_positions
from bootstrap.demo_access import DemoAccess
from bootstrap.ledger import ledger_on
from bootstrap.settings import Settings
from domain.portfolio import PortfolioNotFound
from infrastructure.embedded.private_files import control_folder, write_private
from infrastructure.identity.keys import create_api_key, key_hash
from infrastructure.identity.tokens import issue_token
from infrastructure.imports.parser import parse_positions
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.postgres.connect import pool

TENANT = "demo"
PORTFOLIO = uuid5(UUID("6f1d7f5a-55a7-5d0c-9d0f-7a1f3b0c2e61"), "demo portfolio")
DAY = date(2022, 12, 28)
TOKEN_SECONDS = 7 * 24 * 3600
KEY_FILE = "demo-key"
TARGETS = {
    "technology": ("0.27", "0.15", "0.35"),
    "health_care": ("0.20", "0.10", "0.30"),
    "consumer_staples": ("0.15", "0.05", "0.25"),
    "energy": ("0.11", "0.05", "0.20"),
    "financials": ("0.10", "0.05", "0.20"),
}


class _InstalledFile:
    """The `PositionFiles` port for a file that came with the installation."""

    async def parse(self, content: bytes, filename: str, mapping: ColumnMapping | None) -> ParsedFile:
        return parse_positions(content, filename, limits=ImportLimits(), mapping=mapping)


def load(settings: Settings) -> DemoAccess:
    """Make the demo tenant unless it is there, and return how to get in; a token is new each time."""
    assert settings.database_url is not None
    asyncio.run(_load_portfolio(settings.database_url))
    return DemoAccess(
        tenant=TENANT,
        token=issue_token(
            settings.signing_secret(), TENANT, ttl=TOKEN_SECONDS, scopes=DEFAULT_SCOPES, now=datetime.now(UTC)
        ),
        api_key=_api_key(settings),
        portfolio_id=str(PORTFOLIO),
    )


async def _load_portfolio(database_url: str) -> None:
    async with pool(database_url, "demo", size=2) as connections:
        ledger = ledger_on(connections)
        caller = _caller()
        if not await _exists(ledger, caller):
            await _register(ledger, caller)
        await _set_targets(ledger, caller)
        await _import(ledger, caller)


async def _exists(ledger: Ledger, caller: Caller) -> bool:
    async with ledger.unit(caller) as unit:
        try:
            await unit.portfolio(PORTFOLIO)
        except PortfolioNotFound:
            return False
    return True


async def _register(ledger: Ledger, caller: Caller) -> None:
    command = RegisterPortfolio(
        caller=caller,
        portfolio_id=PORTFOLIO,
        name="Global Equity Alpha",
        portfolio_type="long_only",
        inception_date=date(2022, 1, 3),
        benchmark_ticker="SPY",
        description="Historical data: closing prices of 2022-12-28.",
    )
    await register_portfolio(command, ledger=ledger)


async def _set_targets(ledger: Ledger, caller: Caller) -> None:
    for bucket, (target, lowest, highest) in TARGETS.items():
        if await _has_target(ledger, caller, bucket):
            continue
        command = SetTarget(
            caller=caller,
            portfolio_id=PORTFOLIO,
            allocation_type="sector",
            bucket=bucket,
            target_weight=Decimal(target),
            min_weight=Decimal(lowest),
            max_weight=Decimal(highest),
        )
        await set_target(command, ledger=ledger)


async def _has_target(ledger: Ledger, caller: Caller, bucket: str) -> bool:
    """A target that somebody changed or took away while trying things out is not set again."""
    async with ledger.unit(caller) as unit:
        portfolio = await unit.portfolio(PORTFOLIO)
        holdings = await unit.holdings(PORTFOLIO)
        return portfolio.allocation_id("sector", bucket) in portfolio.targets or holdings.version > 1


async def _import(ledger: Ledger, caller: Caller) -> None:
    async with ledger.unit(caller) as unit:
        if (await unit.holdings(PORTFOLIO)).version > 1:
            return
    content = files("bootstrap").joinpath("demo_positions.csv").read_bytes()
    command = ImportPositions(
        caller=caller, portfolio_id=PORTFOLIO, content=content, filename="positions.csv", as_of=DAY
    )
    await import_positions(command, ledger=ledger, files=_InstalledFile(), rates=EcbRates())


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
