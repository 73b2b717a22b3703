from typing import Any

import msgspec
import pytest

from application.optimization.request import OptimizationRequest

RETURNS = {"assets": ["A", "B"], "returns": [[0.01, -0.02], [-0.03, 0.01], [0.02, 0.02]]}
MOMENTS = {"assets": ["A", "B"], "expected_returns": [0.1, 0.2], "covariance": [[0.04, 0.01], [0.01, 0.09]]}


@pytest.mark.parametrize(
    ("body", "options", "found"),
    [
        (RETURNS, {"HERC": {"clusters": 2}}, []),
        (RETURNS, {"HERC": {"clusters": 3}}, [("options.HERC.clusters", "too_many_clusters")]),
        (RETURNS, {"HERC2": {"clusters": 9}}, [("options.HERC2.clusters", "too_many_clusters")]),
        (RETURNS, {"NCO": {"clusters": 3}}, [("options.NCO.clusters", "too_many_clusters")]),
        ({"stocks": [{"ticker": "A"}, {"ticker": "B"}]}, {"NCO": {"clusters": 3}}, [
            ("options.NCO.clusters", "too_many_clusters")
        ]),
        (RETURNS, {"NCO": {"folds": 1}}, [("options.NCO.folds", "out_of_range")]),
        (RETURNS, {"NCO": {"folds": 2}}, []),
        (RETURNS, {"StackingOptimization": {"folds": 1}}, [("options.StackingOptimization.folds", "out_of_range")]),
        (RETURNS, {"StackingOptimization": {"methods": ["HRP", "MinVol", "HRP"]}}, [
            ("options.StackingOptimization.methods.2", "duplicate")
        ]),
        (MOMENTS, {"StackingOptimization": {"folds": 0}}, []),
        (MOMENTS, {"StackingOptimization": {}}, [("methods.0", "needs_returns")]),
        (MOMENTS, {"NCO": {"folds": 2}}, [("methods.0", "needs_returns")]),
    ],
)  # fmt: skip
def test_clusters_and_folds_have_to_be_possible(
    body: dict[str, Any], options: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    request = msgspec.convert(body | {"methods": list(options), "options": options}, OptimizationRequest)
    assert [(one.field, one.code) for one in request.violations()] == found


def test_a_method_inside_of_another_takes_as_many_clusters_as_there_are() -> None:
    body = RETURNS | {
        "methods": ["NCO", "HERC"],
        "options": {"NCO": {"inner": "HERC"}, "HERC": {"clusters": 5}},
    }
    assert list(msgspec.convert(body, OptimizationRequest).violations()) == []
