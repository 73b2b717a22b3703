"""Figures without a database: risk against empyrical, a year of daily attribution."""

from statistics import median

import msgspec
from tests.bench.computing import Asked
from tests.bench.measuring import Measured, Pair, Row, at_least, at_most, ratio_row, spread_row
from tests.bench.scale import Scale
from tests.bench.servers import Servers, run_module


async def measure_risk(_: Servers, scale: Scale) -> list[Row]:
    """One snapshot of 500 positions over ten years."""
    found = await _measured("risk", scale)
    pairs = [
        Pair(ours=1 / ours, baseline=1 / theirs)
        for ours, theirs in zip(found.ours, found.baseline, strict=True)
    ]
    details = {"ours_seconds": median(found.ours), "empyrical_seconds": median(found.baseline)}
    work = "risk of 500 positions × 10 years"
    return [
        spread_row("10", work, at_most(50, "ms"), [1_000 * one for one in found.ours], details),
        ratio_row("10b", f"{work}, snapshots per second", at_least(5, "× empyrical"), pairs, details),
    ]


async def measure_attribution(_: Servers, scale: Scale) -> list[Row]:
    """Daily effects of 500 securities in 11 sectors over a year, linked."""
    found = await _measured("attribution", scale)
    work = "daily Brinson, 1 year × 500 securities"
    return [spread_row("12", work, at_most(50, "ms"), [1_000 * one for one in found.ours])]


async def _measured(what: str, scale: Scale) -> Measured:
    asked = Asked(what=what, turns=scale.compute_turns)
    return msgspec.convert(await run_module("tests.bench.computing", msgspec.to_builtins(asked)), Measured)
