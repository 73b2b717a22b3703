"""A finished optimisation made by hand: as large as a real one, and the same every time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from application.optimization.answer import (
    FrontierPoint,
    GrowthPoint,
    MethodError,
    MethodResult,
    Metrics,
    Noted,
    OutOfSample,
    Prepared,
    Realised,
    RelaxationSaid,
    Split,
)
from application.optimization.comparison import compared
from application.optimization.dataset import AssetFacts, Dropped, RiskFree, UsedBenchmark, Warned
from application.optimization.report import OptimizationReport

TICKERS = tuple("AAPL AMD BAC BBY CVX GE HD JNJ JPM KO LLY MRK MSFT PEP PFE PG RRC UNH WMT XOM".split())  # noqa: SIM905
METHODS = (
    "MVO", "MinVol", "EquiWeighted", "HRP", "MinCVaR", "HERC", "CriticalLineAlgorithm", "RiskBudgeting",
    "BlackLitterman",
)  # fmt: skip
FIRST = date(2018, 1, 2)
JOB = UUID("6a1f0d5e-8a53-4f6e-9d0e-2d6c4b1a7e55")


def a_result(seed: int, **changes: Any) -> MethodResult:
    """Weights with figures that fit together well enough to be drawn."""
    rng = np.random.default_rng(seed)
    chosen = rng.random(len(TICKERS)) < rng.uniform(0.25, 1.0)
    raw = np.where(chosen, rng.exponential(size=len(TICKERS)), 0.0)
    weights = raw / raw.sum()
    risks = weights * rng.uniform(0.5, 1.6, len(TICKERS))
    result = MethodResult(
        status="completed",
        weights=dict(zip(TICKERS, weights.tolist(), strict=True)),
        metrics=_metrics(rng, weights),
        risk_contributions=dict(zip(TICKERS, (risks / risks.sum()).tolist(), strict=True)),
        out_of_sample=_tested(rng),
        options={"risk_aversion": 1.0, "target": "max_sharpe"},
        solver="clarabel",
        solver_status="optimal",
        compute_seconds=0.0123,
    )
    return msgspec.structs.replace(result, **changes)


def a_failure() -> MethodResult:
    """A method that found no weights, with ways out."""
    error = MethodError(
        code="infeasible",
        detail="At most 4 % each leaves at most 80 % of 20 assets, and the weights are to add up to 100 %.",
        field="constraints.max_weight",
        conflict=["constraints.max_weight", "constraints.budget"],
        relaxations=[
            RelaxationSaid(
                key="constraints.max_weight", label="weight of each asset at most", asked=0.04, needed=0.05
            )
        ],
    )
    return MethodResult(status="failed", error=error)


def some_results() -> dict[str, MethodResult]:
    """Nine methods, one of them with a frontier, one with a tree, one that failed."""
    results = {name: a_result(at) for at, name in enumerate(METHODS)}
    results["CriticalLineAlgorithm"] = a_result(6, frontier=_frontier())
    results["HERC"] = a_result(
        5,
        dendrogram=_tree(),
        clusters={name: 1 + at // 5 for at, name in enumerate(TICKERS)},
        notes=[Noted(code="projected", detail="Moved to the nearest weights that keep to the limits.")],
    )
    return {**results, "BenchmarkTracker": a_failure()}


def an_optimization(**changes: Any) -> OptimizationReport:
    """A report of twenty stocks and nine methods."""
    results = changes.pop("results", None) or some_results()
    content = {
        "id": JOB,
        "status": "completed",
        "requested_at": datetime(2026, 3, 26, 8, tzinfo=UTC),
        "request": {"methods": list(results)},
        "facts": _facts(),
        "results": results,
        "comparison": compared(results),
    }
    return OptimizationReport(**{**content, **changes})


def _facts() -> Prepared:
    return Prepared(
        dataset_hash="d" * 64,
        inputs_hash="a" * 64,
        code_version="1.0.0",
        source="stocks",
        assets=[AssetFacts(name=name, ticker=name, currency="USD") for name in TICKERS],
        periods=1258,
        periods_per_year=252,
        first_day=FIRST,
        last_day=date(2022, 12, 28),
        currency="USD",
        benchmark=UsedBenchmark(ticker="SPY", series="SP500", source="bundled", note=None),
        risk_free=RiskFree(
            value=0.0385, currency="USD", source="bundled", tenor="10Y", date=date(2022, 12, 28)
        ),
        dropped=[Dropped(name="XYZ", code="short_history", detail="It has prices from 2021-05-03 on only.")],
        warnings=[Warned(code="stale", detail="The newest price is of 2022-12-28.")],
    )


def _metrics(rng: np.random.Generator, weights: np.ndarray) -> Metrics:
    volatility = float(rng.uniform(0.15, 0.28))
    expected = float(0.04 + 0.5 * volatility + rng.normal(0, 0.02))
    return Metrics(
        expected_return=expected,
        volatility=volatility,
        sharpe_ratio=(expected - 0.0385) / volatility,
        sortino_ratio=1.1,
        max_drawdown=-0.31,
        var_95=volatility / 10,
        cvar_95=volatility / 7,
        diversification_ratio=1.3,
        effective_number_of_assets=float(1 / (weights**2).sum()),
        turnover=None,
        tracking_error=0.06,
        information_ratio=0.4,
        beta=0.9,
        active_return=0.02,
    )


def _tested(rng: np.random.Generator) -> OutOfSample:
    steps = rng.normal(0.0008, 0.012, (120, 2))
    lines = np.exp(np.cumsum(steps, axis=0))
    days = [FIRST + timedelta(days=1000 + 7 * at) for at in range(120)]
    figures = {name: None for name in Realised.__struct_fields__ if name != "periods"}
    return OutOfSample(
        periods=600,
        **{**figures, "sharpe_ratio": float(rng.uniform(0.2, 1.4)), "max_drawdown": -0.22, "volatility": 0.2},
        active_return=None,
        tracking_error=None,
        information_ratio=None,
        beta=None,
        splits=[
            Split(
                train_start=0,
                train_end=649 + 150 * at,
                test_start=650 + 150 * at,
                test_end=799 + 150 * at,
                test_from=FIRST + timedelta(days=1000 + 210 * at),
                test_to=FIRST + timedelta(days=1209 + 210 * at),
                weights={},
            )
            for at in range(4)
        ],
        turnover=0.1,
        growth=[
            GrowthPoint(period=650 + 5 * at, day=day, value=float(a), benchmark=float(b))
            for at, (day, (a, b)) in enumerate(zip(days, lines, strict=True))
        ],
    )


def _frontier() -> list[FrontierPoint]:
    risks = np.linspace(0.30, 0.14, 12)
    return [
        FrontierPoint(
            weights={}, expected_return=float(0.02 + 0.9 * np.sqrt(risk - 0.139)), volatility=float(risk)
        )
        for risk in risks
    ]


def _tree() -> dict[str, Any]:
    """Pairs of pairs, the way neighbours join neighbours."""
    linkage, open_, size = [], list(range(len(TICKERS))), len(TICKERS)
    height = 0.3
    while len(open_) > 1:
        a, b, *rest = open_
        linkage.append([a, b, height, 2])
        open_ = [*rest, size]
        size, height = size + 1, height + 0.04
    return {"linkage": linkage, "leaves": _leaves(linkage)}


def _leaves(linkage: list[list[float]]) -> list[str]:
    members: dict[int, list[str]] = {at: [name] for at, name in enumerate(TICKERS)}
    for step, (a, b, *_) in enumerate(linkage, len(TICKERS)):
        members[step] = members[int(a)] + members[int(b)]
    return members[len(TICKERS) + len(linkage) - 1]
