"""Optimisation: all twenty methods in a job's compute, each against the library's bare call, and the large ones."""

from statistics import median
from typing import Final

import msgspec
from tests.bench.computing import Asked
from tests.bench.measuring import Measured, Pair, Row, at_least, at_most, ratio_row, spread_row
from tests.bench.scale import Scale
from tests.bench.servers import Servers, run_module

WORST: Final = 1.1
ALL_SECONDS: Final = 1.5
FRONTIER_SECONDS: Final = 0.5


async def measure_all(_: Servers, scale: Scale) -> list[Row]:
    """Every method on 20 assets × 5 years with its figures and its refits, summed turn by turn."""
    found = await _measured("all", scale.compute_turns)
    sums = [sum(turn) for turn in zip(*(one.ours for one in found.values()), strict=True)]
    details = {f"{method}_ms": 1e3 * median(one.ours) for method, one in found.items()}
    work = "all twenty methods, 20 assets × 5 years, walk-forward included"
    return [spread_row("15", work, at_most(ALL_SECONDS, "s"), sums, details)]


async def measure_each(_: Servers, scale: Scale) -> list[Row]:
    """One fit of each method against the library's; the row is that of the worst, the span that of all."""
    found = await _measured("each", scale.compute_turns)
    ratios = {method: _ratio(one) for method, one in found.items()}
    details = {f"{method}_ms": 1e3 * median(one.ours) for method, one in found.items()}
    worst = max(ratios, key=lambda method: ratios[method])
    work = f"a method's fit, the slowest of {len(ratios)}: {worst}"
    row = Row(
        key="16",
        work=work,
        target=at_most(WORST, "× the library's"),
        value=ratios[worst],
        low=min(ratios.values()),
        high=ratios[worst],
        turns=scale.compute_turns,
        details=ratios | details,
    )
    return [row]


async def measure_large(_: Servers, scale: Scale) -> list[Row]:
    """Robust CVaR against skfolio's class, the frontier and the least CVaR of 500 assets."""
    robust = (await _measured("robust", 1))["DistributionallyRobustCVaR"]
    line = (await _measured("frontier", scale.turns))["CriticalLineAlgorithm"]
    tail = (await _measured("cvar", scale.slow_turns))["MinCVaR"]
    return [
        _faster("17", "DistributionallyRobustCVaR, 20 assets × 5 years", 50, robust),
        spread_row(
            "18",
            "exact frontier of 500 assets",
            at_most(FRONTIER_SECONDS, "s"),
            line.ours,
            {"cvxcla_seconds": median(line.baseline)},
        ),
        _faster("19", "MinCVaR, 500 assets × 5 years", 2, tail),
    ]


def _faster(key: str, work: str, times: float, found: Measured) -> Row:
    pairs = [
        Pair(ours=1 / ours, baseline=1 / theirs)
        for ours, theirs in zip(found.ours, found.baseline, strict=True)
    ]
    details = {"ours_seconds": median(found.ours), "skfolio_seconds": median(found.baseline)}
    return ratio_row(key, f"{work}, fits per second", at_least(times, "× skfolio's"), pairs, details)


def _ratio(found: Measured) -> float:
    return median(ours / theirs for ours, theirs in zip(found.ours, found.baseline, strict=True))


async def _measured(what: str, turns: int) -> dict[str, Measured]:
    asked = Asked(what=what, turns=turns)
    answer = await run_module("tests.bench.optimising", msgspec.to_builtins(asked))
    return msgspec.convert(answer, dict[str, Measured])
