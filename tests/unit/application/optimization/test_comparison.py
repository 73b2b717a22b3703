from typing import Any

import msgspec
import pytest

from application.optimization.answer import MethodError, MethodResult, Metrics, OutOfSample
from application.optimization.comparison import compared


def figures(of: Any, **known: float | None) -> Any:
    names = {field.name for field in msgspec.structs.fields(of) if field.required}
    return dict.fromkeys(names) | known


def a_result(
    weights: dict[str, float], *, tested: float | None = None, **known: float | None
) -> MethodResult:
    walked = (
        None
        if tested is None
        else OutOfSample(**(figures(OutOfSample, sharpe_ratio=tested) | {"splits": [], "periods": 10}))
    )
    return MethodResult(
        status="completed",
        weights=weights,
        metrics=Metrics(**figures(Metrics, **known)),
        out_of_sample=walked,
    )


FAILED = MethodResult(status="failed", error=MethodError(code="no_excess_return", detail="Nothing earns."))


def test_methods_are_ranked_by_what_they_did_out_of_sample() -> None:
    told = compared(
        {
            "MVO": a_result({"A": 1.0, "B": 0.0}, tested=0.4, sharpe_ratio=2.0),
            "HRP": a_result({"A": 0.5, "B": 0.5}, tested=0.9, sharpe_ratio=1.0),
            "NCO": a_result({"A": 0.0, "B": 1.0}, sharpe_ratio=3.0),
        }
    )

    assert told.ranked_by == "out_of_sample.sharpe_ratio"
    assert [(place.method, place.rank) for place in told.ranking] == [("HRP", 1), ("MVO", 2), ("NCO", 3)]
    assert told.best["sharpe_ratio"] == "NCO"
    assert told.best["out_of_sample_sharpe_ratio"] == "HRP"


def test_moments_are_ranked_by_what_they_promise() -> None:
    told = compared(
        {"MVO": a_result({"A": 1.0}, sharpe_ratio=1.0), "HRP": a_result({"A": 1.0}, sharpe_ratio=2.0)}
    )

    assert told.ranked_by == "metrics.sharpe_ratio"
    assert told.ranking[0].method == "HRP"


def test_less_risk_is_better_and_so_is_a_shallower_fall() -> None:
    told = compared(
        {
            "MVO": a_result({"A": 0.9, "B": 0.1}, volatility=0.2, max_drawdown=-0.5),
            "MinVol": a_result({"A": 0.6, "B": 0.4}, volatility=0.1, max_drawdown=-0.2),
        }
    )

    assert told.best["volatility"] == "MinVol"
    assert told.best["max_drawdown"] == "MinVol"
    assert told.best["largest_weight"] == "MinVol"
    assert "turnover" not in told.best


def test_distances_are_shares_that_would_be_traded() -> None:
    told = compared({"MVO": a_result({"A": 1.0, "B": 0.0}), "HRP": a_result({"A": 0.25, "B": 0.75})})

    assert told.weight_distances == {"MVO": {"MVO": 0, "HRP": 0.75}, "HRP": {"MVO": 0.75, "HRP": 0}}
    assert told.mean_weights == pytest.approx({"A": 0.625, "B": 0.375})
    assert told.weight_ranges == {"A": [0.25, 1.0], "B": [0.0, 0.75]}


def test_methods_without_weights_are_named_apart() -> None:
    told = compared({"MVO": FAILED, "HRP": a_result({"A": 1.0})})

    assert told.failed == ["MVO"]
    assert [place.method for place in told.ranking] == ["HRP"]


def test_nothing_to_compare_is_no_fault() -> None:
    told = compared({"MVO": FAILED})

    assert told.ranking == []
    assert told.best == {}
    assert told.mean_weights == {}
