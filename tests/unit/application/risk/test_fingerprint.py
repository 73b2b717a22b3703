"""A snapshot is known by the hash of its inputs, so other formulas must make it another hash."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
from tests.support.risk_inputs import a_book, a_position, inputs_for, trading_days

from application.market.history import Floats, YieldSeries
from application.risk.fingerprint import FORMULAS
from application.risk.inputs import IndexLevels
from application.risk.measure import measure_risk
from application.risk.regimes import RegimeCache
from domain.risk import Method, RiskSnapshot

PINNED = {"risk 3": "dfb0f80b3c68bee372742ad97717221756dd9afb49223f831888506ffda97d8e"}
"""What the formulas of each name make of the inputs below, to six digits: further ones may differ by processor."""
METHODS: tuple[Method, ...] = ("historical", "parametric", "cornish_fisher", "monte_carlo")
DIGITS = 6


def scattered(rows: int, columns: int, *, scale: float) -> Floats:
    """Numbers around 0, no two alike, by exact arithmetic: the same on every machine, and no ties to break."""
    at = np.arange(rows)[:, None] * 7919 + np.arange(columns)[None, :] * 104729
    return (at * at * 31 % 999_983 - 499_991) / 999_983 * scale


def snapshots() -> Iterator[RiskSnapshot]:
    """Snapshots in which every figure is told at least once, and the reasons why some are not."""
    sectors = ("technology", "technology", "energy")
    positions = [a_position(ticker, sector=sector) for ticker, sector in zip("ABC", sectors, strict=True)]
    book = a_book(positions, [500, -100, 400], cash=200)
    returns = scattered(600, 3, scale=0.04)
    benchmark = returns.mean(axis=1) + scattered(600, 1, scale=0.01)[:, 0]
    turbulence = np.where(np.arange(900) // 225 % 2 == 0, 0.01, 0.06)
    levels = 100 * np.cumprod(1 + scattered(900, 1, scale=1.0)[:, 0] * turbulence)
    days = trading_days(900)
    full = replace(
        inputs_for(
            book, returns, benchmark=benchmark, index=levels, volume=np.array([5.0, np.nan, 900.0]), rate=0.02
        ),
        yields=YieldSeries(
            currency="USD",
            tenor="10y",
            source="a test",
            days=days,
            rates=0.03 + scattered(900, 1, scale=0.01)[:, 0],
        ),
    )
    regimes = RegimeCache()
    for method in METHODS:
        yield measure_risk(book, full, method=method, regimes=regimes)
    ended = IndexLevels(ticker="SP500", days=days - 60, levels=levels)
    yield measure_risk(book, replace(full, index=ended), regimes=regimes)
    yield measure_risk(book, inputs_for(book, returns[:40, [0, 2]], known=[0, 2]), regimes=regimes)
    yield measure_risk(book, inputs_for(book, returns[:, [1]], known=[1]), regimes=regimes)
    yield measure_risk(a_book([], [], cash=100), inputs_for(a_book([], [], cash=100), returns[:, :0]))


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items() if name != "inputs_hash"}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def digest() -> str:
    told = [rounded(msgspec.to_builtins(one)) for one in snapshots()]
    return sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()


def test_other_results_have_another_name_of_the_formulas() -> None:
    found = digest()
    assert PINNED.get(FORMULAS) == found, (
        "The same inputs give another snapshot: raise FORMULAS in application/risk/fingerprint.py, and pin this digest"
        f" under its new name: {found}"
    )


def test_every_figure_takes_part() -> None:
    told = [msgspec.to_builtins(one) for one in snapshots()]
    untold = {name for name in told[0] if all(one[name] is None for one in told)}
    assert untold == set()
