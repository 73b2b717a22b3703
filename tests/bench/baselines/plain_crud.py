"""A plain Litestar application as most would write it: `python -m tests.bench.baselines.plain_crud URL PORT`.

POST inserts one row per request with SQLAlchemy's async session; GET is one indexed SELECT on a driver-level
pool. One process, the same server as ours, no authentication, nothing else.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
import uvicorn
from litestar import Litestar, get, post
from litestar.params import FromQuery, JSONBody
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import JSON, Numeric
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from infrastructure.postgres.migrate import sqlalchemy_url

CONNECTIONS = 10
PAGE = """
select portfolio_id, name, description, portfolio_type, currency, aum_usd_mm, total_value, cash_balance,
       position_count, benchmark_ticker, max_drift_pct, rebalance_needed, is_active, created_at, projected_at
  from read.portfolio where tenant_id = %s order by aum_usd_mm desc nulls last, portfolio_id limit %s"""


class Base(DeclarativeBase):
    pass


class Portfolio(Base):
    """The row that our list shows."""

    __tablename__ = "plain_portfolio"

    portfolio_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    tenant_id: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    portfolio_type: Mapped[str]
    currency: Mapped[str]
    description: Mapped[str | None]
    benchmark_ticker: Mapped[str | None]
    inception_date: Mapped[date]
    rebalance_threshold: Mapped[Decimal] = mapped_column(Numeric)
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", JSON)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    aum_usd_mm: Mapped[Decimal | None] = mapped_column(Numeric, default=Decimal(0))


class Register(msgspec.Struct, kw_only=True):
    name: str
    portfolio_type: str
    inception_date: date
    currency: str = "USD"
    description: str | None = None
    benchmark_ticker: str | None = None
    rebalance_threshold: Decimal = Decimal("0.05")
    metadata: dict[str, str] = {}


class Registered(msgspec.Struct, kw_only=True):
    portfolio_id: UUID
    name: str
    portfolio_type: str
    currency: str
    created_at: datetime


def build(database_url: str) -> Litestar:
    """Put the application together."""
    engine = create_async_engine(sqlalchemy_url(database_url), pool_size=CONNECTIONS, max_overflow=0)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        database_url, min_size=2, max_size=CONNECTIONS, open=False, kwargs={"autocommit": True}
    )

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with pool:
            yield
        await engine.dispose()

    @post("/portfolios", status_code=201)
    async def register(data: JSONBody[Register]) -> Registered:
        row = Portfolio(
            tenant_id="acme",
            name=data.name,
            portfolio_type=data.portfolio_type,
            currency=data.currency,
            description=data.description,
            benchmark_ticker=data.benchmark_ticker,
            inception_date=data.inception_date,
            rebalance_threshold=data.rebalance_threshold,
            meta=data.metadata,
            created_at=datetime.now(UTC).replace(tzinfo=None),
        )
        async with sessions() as session:
            await _save(session, row)
        return Registered(
            portfolio_id=row.portfolio_id,
            name=row.name,
            portfolio_type=row.portfolio_type,
            currency=row.currency,
            created_at=row.created_at,
        )

    @get("/portfolios")
    async def page(tenant: FromQuery[str], limit: FromQuery[int] = 50) -> dict[str, Any]:
        async with pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(PAGE, (tenant, limit))
            return {"portfolios": await cursor.fetchall()}

    @get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return Litestar([register, page, health], lifespan=[lifespan], openapi_config=None, logging_config=None)


async def _save(session: AsyncSession, row: Portfolio) -> None:
    session.add(row)
    await session.commit()


def main() -> None:
    """Serve until told to stop."""
    database_url, port = sys.argv[1], int(sys.argv[2])
    uvicorn.run(
        build(database_url),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
