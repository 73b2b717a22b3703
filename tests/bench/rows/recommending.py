"""The whole service: from starting it to an answer, and from a file to a recommendation on the stream."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from uuid import UUID

from redis import Redis
from tests.bench.client import Client, aside
from tests.bench.facts import TENANT
from tests.bench.measuring import Row, at_most, percentile, spread_row
from tests.bench.requests import SECTORS, positions_file
from tests.bench.scale import Scale
from tests.bench.servers import Api, Servers, whole_service

STREAM = "pm:rebalance:recommended"
POSITIONS = 50
DEADLINE_SECONDS = 60.0
TARGETS = list(zip(SECTORS, (0.6, 0.1, 0.1, 0.1, 0.1), strict=True))


async def measure(_: Servers, scale: Scale) -> list[Row]:
    """On servers of its own, in a home of its own, as a user starts it."""
    home = Path(mkdtemp(prefix="trimtab-bench-"))
    home.chmod(0o711)
    try:
        starts = [await _start_and_stop(home) for _ in range(scale.slow_turns + 1)][1:]
        async with whole_service(home) as (port, _):
            times = await aside(_recommendations, home, port, scale.recommendations)
    finally:
        rmtree(home, ignore_errors=True)
    details = {"p50_ms": percentile(times, 0.5) * 1e3, "max_ms": max(times) * 1e3}
    p95 = percentile(times, 0.95) * 1e3
    return [
        spread_row("8", "import to recommendation, p95", at_most(250, "ms"), [p95], details),
        spread_row("9", "trimtab up to first answer", at_most(5, "s"), starts),
    ]


async def _start_and_stop(home: Path) -> float:
    async with whole_service(home) as (_, seconds):
        return seconds


def _recommendations(home: Path, port: int, number: int) -> list[float]:
    with Redis.from_url(_redis_url(home), decode_responses=True) as redis:
        client = Client(port, Api(port, "").token(TENANT))
        content = positions_file(POSITIONS)
        _recommended(client, redis, content)  # the first one waits for the agent to come up
        times = [_recommended(client, redis, content) for _ in range(number)]
        client.close()
    return times


def _recommended(client: Client, redis: "Redis", content: str) -> float:
    """Seconds from sending the file to reading the recommendation."""
    portfolio = client.register()
    client.set_targets(portfolio, TARGETS)
    tail = redis.xrevrange(STREAM, count=1)
    last = tail[0][0] if tail else "0-0"
    started = time.perf_counter()
    client.import_positions(portfolio, content)
    return _await_entry(redis, portfolio, last) - started


def _await_entry(redis: "Redis", portfolio: UUID, last: str) -> float:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        for _, entries in redis.xread({STREAM: last}, block=1_000) or []:
            if any(str(portfolio) in json.dumps(fields) for _, fields in entries):
                return time.perf_counter()
            last = entries[-1][0]
    raise TimeoutError("no recommendation came")


def _redis_url(home: Path) -> str:
    command = [sys.executable, "-m", "bootstrap.cli", "status", "--json"]
    environment = {**os.environ, "TRIMTAB_HOME": str(home)}
    told = subprocess.run(command, env=environment, capture_output=True, check=True)
    return str(json.loads(told.stdout)["redis_url"])
