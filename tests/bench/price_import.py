"""A million price rows, imported by us and by a plain COPY, in a process of its own: JSON in, seconds out."""

import asyncio
import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before numpy is there

import sys
import time
from datetime import date
from io import StringIO
from typing import LiteralString

import msgspec
import numpy as np
import psycopg
from tests.bench.facts import a_caller
from tests.bench.measuring import Measured

from application.market.imports import ImportMarketData
from infrastructure.marketdata.importing.imports import PostgresMarketImports
from infrastructure.postgres.connect import pool

TICKERS = 400
DAYS = 2_500
ROWS = TICKERS * DAYS
HEADER = "date,ticker,exchange,currency,open,high,low,close,adjusted_close,volume\n"
PLAIN: LiteralString = """
create table plain_price (
    date date, ticker text, exchange text, currency text, open double precision, high double precision,
    low double precision, close double precision, adjusted_close double precision, volume bigint)"""
COPY: LiteralString = "copy plain_price from stdin (format csv, header)"


class Asked(msgspec.Struct, frozen=True):
    """Databases of ours (as the API's role) and of the baseline, and how many turns."""

    ours: str
    plain: str
    turns: int


def main() -> None:
    """Answer on standard output."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(measure(asked))))


async def measure(asked: Asked) -> Measured:
    """Each turn is a new tenant that knows no instrument, and an empty table."""
    content = prices_file().encode()
    ours, plain = list[float](), list[float]()
    async with pool(asked.ours, "bench", size=2) as connections:
        imports = PostgresMarketImports(connections)
        # A calculator process has imported something before; the first file also pays for loading libraries.
        await _imported(imports, "warm-up", content)
        _copied(asked.plain, content)
        for turn in range(asked.turns):
            for side in (0, 1) if turn % 2 else (1, 0):
                if side:
                    ours.append(await _imported(imports, f"tenant-{turn}", content))
                else:
                    plain.append(_copied(asked.plain, content))
    return Measured(ours=ours, baseline=plain)


def prices_file() -> str:
    """A file as a provider sends it: all days of an instrument, then the next one."""
    rng = np.random.default_rng(5)
    days = np.busday_offset(np.datetime64("2013-01-02"), np.arange(DAYS), roll="forward").astype(str).tolist()
    written = StringIO()
    written.write(HEADER)
    for number in range(TICKERS):
        close = np.round(50 * np.exp(np.cumsum(rng.normal(0, 0.01, DAYS))), 2).tolist()
        volume = rng.integers(10_000, 9_000_000, DAYS).tolist()
        written.writelines(
            f"{day},T{number:03},XNYS,USD,{price},{price + 0.5:.2f},{price - 0.5:.2f},{price},{price},{traded}\n"
            for day, price, traded in zip(days, close, volume, strict=True)
        )
    return written.getvalue()


async def _imported(imports: PostgresMarketImports, tenant: str, content: bytes) -> float:
    command = ImportMarketData(
        kind="prices", owner=tenant, caller=a_caller(tenant), filename="prices.csv", today=date(2026, 1, 2)
    )
    started = time.perf_counter()
    done = await imports.run(command, content)
    seconds = time.perf_counter() - started
    assert done.report is not None
    assert done.report.rows_imported == ROWS, done.report
    return seconds


def _copied(url: str, content: bytes) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop table if exists plain_price")
        connection.execute(PLAIN)
        started = time.perf_counter()
        with connection.cursor().copy(COPY) as copy:
            copy.write(content)
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
