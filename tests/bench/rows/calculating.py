"""Calculators: simulated paths against the random numbers they need, and small questions beside a heavy job."""

import json
import time
from pathlib import Path
from shutil import rmtree
from statistics import median
from tempfile import mkdtemp
from typing import Any, Final

import msgspec
import numpy as np
from tests.bench.client import Client, aside
from tests.bench.computing import Asked
from tests.bench.facts import TENANT
from tests.bench.measuring import Measured, Pair, Row, at_most, percentile, ratio_row, spread_row
from tests.bench.scale import Scale
from tests.bench.servers import Api, Servers, run_module, whole_service

SMALL: Final = json.dumps({"expectedReturn": 0.12, "variance": 0.04, "fraction": 0.5}).encode()
JSON: Final = {"Content-Type": "application/json"}
BATCH: Final = 20
ASSETS, PERIODS = 60, 1_260
METHODS: Final = ("NCO", "StackingOptimization", "MinCDaR", "HERC", "HMMRegimeMVO", "MinCVaR", "HRP", "MVO")
DEADLINE_SECONDS: Final = 120.0


async def measure_monte_carlo(_: Servers, scale: Scale) -> list[Row]:
    """100,000 paths of a year of 20 assets: each on a path of its own, and as the one series that is exact."""
    work = "Monte Carlo, 100k × 252 × 20 assets"
    target = at_most(1.2, "× drawing the numbers")
    return [
        _ratio("20", f"{work}, left alone", await _simulated("held", scale.slow_turns), target),
        _ratio("20b", f"{work}, rebalanced daily", await _simulated("rebalanced", scale.turns), target),
    ]


async def _simulated(kernel: str, turns: int) -> Measured:
    answer = await run_module("tests.bench.simulating", msgspec.to_builtins(Asked(what=kernel, turns=turns)))
    return msgspec.convert(answer, Measured)


def _ratio(key: str, work: str, found: Measured, target: Any) -> Row:
    pairs = [Pair(ours=ours, baseline=draws) for ours, draws in zip(found.ours, found.baseline, strict=True)]
    details = {"ours_seconds": median(found.ours), "drawing_seconds": median(found.baseline)}
    return ratio_row(key, work, target, pairs, details)


async def measure_beside_a_job(_: Servers, scale: Scale) -> list[Row]:
    """Position sizes one after the other while an optimisation runs, on the whole service as a user starts it."""
    home = Path(mkdtemp(prefix="trimtab-bench-"))
    home.chmod(0o711)
    try:
        async with whole_service(home) as (port, _seconds):
            idle, busy = await aside(_latencies, port, scale.settled_requests)
    finally:
        rmtree(home, ignore_errors=True)
    details = {
        "p50_ms": percentile(busy, 0.5) * 1e3,
        "max_ms": max(busy) * 1e3,
        "idle_p50_ms": percentile(idle, 0.5) * 1e3,
        "idle_p95_ms": percentile(idle, 0.95) * 1e3,
        "requests": len(busy),
    }
    p95 = percentile(busy, 0.95) * 1e3
    return [spread_row("21", "small calculator request beside a job, p95", at_most(50, "ms"), [p95], details)]


def _latencies(port: int, number: int) -> tuple[list[float], list[float]]:
    """Seconds of requests without a job, and of those between two looks at a job that was running both times."""
    client = Client(port, Api(port, "").token(TENANT))
    for _ in range(2 * BATCH):
        _seconds(client)  # processes of the pool load what they need
    idle = [_seconds(client) for _ in range(number)]
    busy: list[float] = []
    job = _started(client)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while len(busy) < number:
        assert time.monotonic() < deadline, "jobs end too soon to ask anything beside them"
        asked = [_seconds(client) for _ in range(BATCH)]
        if _status(client, job) == "running":
            busy += asked
        else:
            job = _started(client)
    client.close()
    return idle, busy


def _seconds(client: Client) -> float:
    started = time.perf_counter()
    client.send("POST", "/v1/size-position", SMALL, JSON, 200)
    return time.perf_counter() - started


def _started(client: Client) -> str:
    """Ask for an optimisation and return its id once it runs."""
    returns = np.random.default_rng(1).normal(0.0004, 0.012, (PERIODS, ASSETS)).round(6).tolist()
    body = {
        "assets": [f"A{at}" for at in range(ASSETS)],
        "returns": returns,
        "periods_per_year": 252,
        "methods": METHODS,
    }
    job = client.send("POST", "/v1/optimizations", json.dumps(body).encode(), JSON, 202)["id"]
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (status := _status(client, job)) == "queued":
        assert time.monotonic() < deadline, "the job never began"
        time.sleep(0.02)
    assert status == "running", f"the job was {status} before it was seen to run"
    return str(job)


def _status(client: Client, job: str) -> str:
    return str(client.send("GET", f"/v1/optimizations/{job}", None, {}, 200)["status"])
