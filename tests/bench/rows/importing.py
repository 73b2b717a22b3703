"""Importing a file of 10,000 positions, against pandas and a table."""

import subprocess
import time
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from tests.bench.client import Client, aside
from tests.bench.measuring import Row, Stopwatch, at_most, in_turns, ratio_row
from tests.bench.requests import positions_file
from tests.bench.scale import Scale
from tests.bench.servers import Api, Servers, api_and_projector, process

ROWS = 10_000


async def measure(servers: Servers, scale: Scale) -> list[Row]:
    """From the upload to the answer, when all positions are durable and in the read model.

    Every turn is a new tenant with an empty portfolio: no instrument is known, every position is new.
    """
    url, other = servers.store("import"), servers.database("pandas")
    content, tenants = positions_file(ROWS), (f"tenant-{number}" for number in count())
    with TemporaryDirectory(prefix="trimtab-bench-") as folder:
        file = Path(folder) / "positions.csv"
        file.write_text(content)
        module = ["-m", "tests.bench.baselines.data_frame", str(file), other]
        async with api_and_projector(servers, url) as api, process(module, {}, answers=True) as pandas:

            async def ours() -> float:
                return float(await aside(_import, api, next(tenants), content))

            async def baseline() -> float:
                return float(await aside(_ask, pandas))

            await ours(), await baseline()
            pairs = await in_turns(ours, baseline, scale.turns)
    details = {
        "ours_seconds": median(pair.ours for pair in pairs),
        "pandas_seconds": median(pair.baseline for pair in pairs),
    }
    return [ratio_row("6", "import 10,000 rows of CSV", at_most(1, "× pandas"), pairs, details)]


def _import(api: Api, tenant: str, content: str) -> float:
    client = Client(api.port, api.token(tenant))
    portfolio = client.register()
    with psycopg.connect(api.database_url, autocommit=True) as connection:
        with Stopwatch() as watch:
            report = client.import_positions(portfolio, content)
            while _projected(connection) < client.position:  # an answer waits two seconds at most
                time.sleep(0.01)
        client.close()
        assert report["created"] == ROWS, report
        found = connection.execute("select count(*) from read.position where portfolio_id = %s", (portfolio,))
        assert found.fetchone() == (ROWS,)
    return watch.seconds


def _projected(connection: "psycopg.Connection[Any]") -> int:
    row = connection.execute("select min(position) from read.checkpoint").fetchone()
    return int(row[0]) if row else 0


def _ask(pandas: "subprocess.Popen[bytes]") -> bytes:
    assert pandas.stdin is not None
    assert pandas.stdout is not None
    pandas.stdin.write(b"again\n")
    pandas.stdin.flush()
    return pandas.stdout.readline()
