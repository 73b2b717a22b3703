from typing import Any

import msgspec
import pytest

from application.optimization.request import OptimizationRequest

RETURNS = [[0.01, -0.02], [-0.03, 0.01], [0.02, 0.02], [0.0, 0.01]]
MOMENTS = {"assets": ["A", "B"], "expected_returns": [0.1, 0.2], "covariance": [[0.04, 0.01], [0.01, 0.09]]}
STOCKS = {"stocks": [{"ticker": "TCS", "exchange": "NSE"}, {"ticker": "INFY"}]}


def a_request(**changes: Any) -> OptimizationRequest:
    body = {"assets": ["A", "B"], "returns": RETURNS, "methods": ["MinVol"]} | changes
    sent = {name: value for name, value in body.items() if value is not None}
    return msgspec.convert(msgspec.json.decode(msgspec.json.encode(sent)), OptimizationRequest)


def of_stocks(**changes: Any) -> OptimizationRequest:
    return a_request(**({"assets": None, "returns": None} | STOCKS | changes))


def of_moments(**changes: Any) -> OptimizationRequest:
    return a_request(**({"returns": None} | MOMENTS | changes))


def broken(request: OptimizationRequest) -> list[tuple[str | None, str]]:
    return [(one.field, one.code) for one in request.violations()]


@pytest.mark.parametrize(
    "request_", [a_request(), of_stocks(), of_moments()], ids=["returns", "stocks", "moments"]
)
def test_a_plain_request_breaks_no_rule(request_: OptimizationRequest) -> None:
    assert broken(request_) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"assets": None, "returns": None}, [("stocks", "missing")]),
        ({"assets": None}, [("stocks", "missing"), ("assets", "missing")]),
        ({"returns": None}, [("returns", "missing")]),
        (STOCKS, [("assets", "not_both")]),
        ({"prices": [[1, 2], [2, 3], [3, 4]]}, [("prices", "not_both")]),
        ({"assets": ["A", "A"]}, [("assets.1", "duplicate")]),
        ({"assets": ["A"], "returns": [[0.1], [0.2]]}, [("assets", "too_few")]),
        ({"methods": ["MinVol", "HRP", "MinVol"]}, [("methods.2", "duplicate")]),
        ({"returns": [[0.1, 0.2]]}, [("returns", "too_few_observations")]),
        (
            {"returns": [[0.1, 0.2], [0.1], [0.1, 0.2, 0.3]]},
            [("returns.1", "length"), ("returns.2", "length")],
        ),
        ({"benchmark": "nifty"}, [("benchmark", "not_used")]),
        ({"benchmark_returns": [0.1, 0.2]}, [("benchmark_returns", "length")]),
        ({"frequency": "weekly"}, [("frequency", "not_used")]),
        ({"window": {"start": "2020-01-01"}}, [("window.start", "not_used")]),
        ({"methods": ["BenchmarkTracker"]}, [("methods.0", "needs_benchmark")]),
        ({"options": {"MVO": {}}}, [("options.MVO", "not_used")]),
        (
            {"methods": ["NCO"], "options": {"NCO": {"inner": "MinCVaR"}, "MinCVaR": {"beta": 0.9}}},
            [],
        ),
    ],
    ids=str,
)
def test_what_does_not_fit_together_is_named(changes: Any, expected: list[tuple[str, str]]) -> None:
    assert broken(a_request(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"covariance": None}, [("covariance", "missing")]),
        ({"expected_returns": None}, [("expected_returns", "missing")]),
        ({"expected_returns": [0.1]}, [("expected_returns", "length")]),
        ({"covariance": [[0.04, 0.01]]}, [("covariance", "length")]),
        ({"covariance": [[0.04, 0.01], [0.01]]}, [("covariance.1", "length")]),
        ({"benchmark_returns": [0.1]}, [("benchmark_returns", "not_used")]),
        ({"estimators": {"covariance": "ewm"}}, [("estimators.covariance", "not_used")]),
        ({"methods": ["MVO", "MinCVaR"]}, [("methods.1", "needs_returns")]),
        (
            {"methods": ["NCO"], "options": {"NCO": {"inner": "MinCDaR"}}},
            [("options.NCO.inner", "needs_returns")],
        ),
        (
            {"methods": ["HERC"], "options": {"HERC": {"risk_measure": "cvar"}}},
            [("methods.0", "needs_returns")],
        ),
        ({"methods": ["NCO"], "options": {"NCO": {"folds": 5}}}, [("methods.0", "needs_returns")]),
    ],
    ids=str,
)
def test_moments_have_their_own_rules(changes: Any, expected: list[tuple[str, str]]) -> None:
    assert broken(of_moments(**changes)) == expected


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        ({"max_weight": {"C": 0.5}}, [("max_weight.C", "unknown_asset")]),
        ({"min_weight": 0.6, "max_weight": 0.5}, [("min_weight", "infeasible")]),
        ({"min_weight": {"A": 0.6}, "max_weight": 0.5}, [("min_weight.A", "infeasible")]),
        (
            {"groups": [{"name": "g", "assets": ["A", "D"], "max_weight": 0.5}]},
            [("groups.0.assets.1", "unknown_asset")],
        ),
        (
            {"groups": [{"name": "g", "assets": ["A", "A"]}]},
            [("groups.0.assets.1", "duplicate"), ("groups.0", "missing")],
        ),
        (
            {"groups": [{"name": "g", "assets": ["A"], "min_weight": 0.5, "max_weight": 0.4}]},
            [("groups.0.min_weight", "infeasible")],
        ),
        ({"sectors": {"technology": {"max_weight": 0.5}}}, [("sectors.technology", "not_used")]),
        ({"max_turnover": 0.1}, [("max_turnover", "missing")]),
        ({"current_weights": {"A": 0.5, "B": 0.7}}, [("current_weights", "not_one")]),
        ({"current_weights": {"A": 0.0}}, []),
    ],
    ids=str,
)
def test_limits_that_make_no_sense_are_named(constraints: Any, expected: list[tuple[str, str]]) -> None:
    said = broken(a_request(constraints=constraints))

    assert said == [(f"constraints.{field}", code) for field, code in expected]


@pytest.mark.parametrize(
    ("method", "options", "expected"),
    [
        ("BlackLitterman", {"market_weights": {"A": 0.5, "B": 0.7}}, [("market_weights", "not_one")]),
        ("BlackLitterman", {"market_weights": {"A": 0.5, "C": 0.5}}, [("market_weights.C", "unknown_asset")]),
        (
            "BlackLitterman",
            {"views": [{"assets": {"X": 1}, "return": 0.1}]},
            [("views.0.assets.X", "unknown_asset")],
        ),
        (
            "BlackLitterman",
            {"views": [{"assets": {"A": 1}, "return": 0.1}, {"assets": {"A": 0, "B": 0}, "return": 0.1}]},
            [("views.1.assets", "out_of_range")],
        ),
        ("RiskBudgeting", {"risk_budget": {"A": 0.9, "B": 0.2}}, [("risk_budget", "not_one")]),
        ("RiskBudgeting", {"risk_budget": {"A": 1.0}}, [("risk_budget", "missing")]),
        ("HMMRegimeMVO", {"max_weight": 0.4}, [("max_weight", "infeasible")]),
        ("HMMRegimeMVO", {"max_weight": 0.5}, []),
        ("HMMRegimeMVO", {}, []),
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_named(method: str, options: Any, expected: Any) -> None:
    said = broken(a_request(methods=[method], options={method: options}))

    assert said == [(f"options.{method}.{field}", code) for field, code in expected]


def test_everything_wrong_is_said_at_once() -> None:
    said = broken(
        a_request(
            assets=["A", "B", "B"],
            methods=["HRP", "HRP", "BenchmarkTracker"],
            constraints={"max_turnover": 0.1, "max_weight": {"Z": 1}},
            options={"MVO": {}},
        )
    )

    assert {field for field, _ in said} == {
        "assets.2",
        "methods.1",
        "returns.0",
        "returns.1",
        "returns.2",
        "returns.3",
        "methods.2",
        "options.MVO",
        "constraints.max_weight.Z",
        "constraints.max_turnover",
    }


def test_ten_thousand_assets_are_refused_before_anything_is_computed() -> None:
    many = [f"S{at}" for at in range(10_000)]

    assert ("stocks", "too_large") in broken(of_stocks(stocks=[{"ticker": name} for name in many]))
    assert ("assets", "too_large") in broken(a_request(assets=many, returns=[[0.0] * 10_000] * 2))


def test_stocks_take_their_rate_and_periods_from_market_data() -> None:
    said = broken(of_stocks(methods=["MVO"], options={"MVO": {"risk_free_rate": 0.05}}, periods_per_year=252))

    assert said == [("periods_per_year", "not_used"), ("options.MVO.risk_free_rate", "not_used")]


def test_tickers_are_named_whatever_their_case() -> None:
    assert broken(of_stocks(constraints={"max_weight": {"tcs": 0.7}})) == []
    assert broken(of_stocks(stocks=[{"ticker": "tcs"}, {"ticker": "TCS"}])) == [("stocks.1", "duplicate")]


def test_the_critical_line_takes_a_box_only() -> None:
    request = a_request(
        methods=["CriticalLineAlgorithm"], constraints={"max_weight": 0.7, "target_return": 0.1}
    )

    assert broken(request) == [("constraints.target_return", "unsupported_constraint")]
