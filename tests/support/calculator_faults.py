"""Bodies for the calculators, and faults to put into them that have nothing to do with each other."""

from collections.abc import Mapping
from typing import Any, Final

from tests.support.faults import LEFT_OUT, UNKNOWN_FIELD, Fault, Faulty


def _segment(name: str, weight: float) -> dict[str, Any]:
    return {
        "segment": name,
        "portfolio_weight": weight,
        "benchmark_weight": weight,
        "portfolio_return": 0.02,
        "benchmark_return": 0.01,
    }


def _holding(symbol: str) -> dict[str, Any]:
    return {"symbol": symbol, "quantity": "1", "price": "10"}


def _target(kind: str, bucket: str) -> dict[str, Any]:
    return {"allocation_type": kind, "bucket": bucket, "target_weight": "0.2"}


FAULTY: Final[Mapping[str, Faulty]] = {
    "performance": Faulty(
        {
            "returns": [0.01, -0.02, 0.03],
            "benchmark": [0.0, 0.01, 0.02],
            "risk_free": [0.0, 0.0, 0.0],
            "periods_per_year": 12,
        },
        (
            UNKNOWN_FIELD,
            Fault(("returns", 1), "x", "returns.1", "wrong_type"),
            Fault(("benchmark", 0), -2, "benchmark.0", "out_of_range"),
            Fault(("periods_per_year",), LEFT_OUT, "periods_per_year", "missing"),
            Fault(("ddof",), "1", "ddof", "wrong_type"),
            Fault(("annualisation",), "monthly", "annualisation", "unknown_value"),
        ),
        (
            Fault(("benchmark",), [0.01, 0.02], "benchmark", "length"),
            Fault(("risk_free",), [0.0], "risk_free", "length"),
        ),
    ),
    "returns": Faulty(
        {
            "valuations": [
                {"date": f"2024-01-0{day}", "value": value} for day, value in enumerate((10, 11, 12, 13), 2)
            ],
            "flows": [{"date": "2024-01-03", "amount": 1}, {"date": "2024-01-04", "amount": "2"}],
        },
        (
            UNKNOWN_FIELD,
            Fault(("valuations", 1, "value"), "x", "valuations.1.value", "malformed"),
            Fault(("flows", 0, "amount"), None, "flows.0.amount", "wrong_type"),
            Fault(("valued",), "never", "valued", "unknown_value"),
            Fault(("weighting",), 1, "weighting", "wrong_type"),
        ),
        (
            Fault(("valuations", 2, "date"), "2024-01-03", "valuations.2.date", "not_ascending"),
            Fault(("flows", 0, "date"), "2023-01-03", "flows.0.date", "out_of_range"),
            Fault(("flows", 1, "date"), "2025-01-03", "flows.1.date", "out_of_range"),
        ),
    ),
    "risk": Faulty(
        {"returns": [[0.1, 0.2], [0.0, 0.1], [-0.1, 0.1]], "weights": [0.4, 0.6], "assets": ["A", "B"]},
        (
            UNKNOWN_FIELD,
            Fault(("returns", 2, 0), "x", "returns.2.0", "wrong_type"),
            Fault(("weights", 0), None, "weights.0", "wrong_type"),
            Fault(("confidence",), 2, "confidence", "out_of_range"),
            Fault(("method",), "guess", "method", "unknown_value"),
        ),
        (
            Fault(("returns", 1), [0.1], "returns.1", "length"),
            Fault(("weights",), [1.0], "weights", "length"),
            Fault(("assets",), ["A", "A"], "assets", "duplicate"),
        ),
    ),
    "attribution": Faulty(
        {
            "periods": [
                {"segments": [_segment("A", 0.5), _segment("B", 0.3), _segment("C", 0.2)]},
                {"segments": [_segment("A", 0.6), _segment("B", 0.4)]},
            ]
        },
        (
            UNKNOWN_FIELD,
            Fault(("method",), "guess", "method", "unknown_value"),
            Fault(("periods", 0, "label"), 1, "periods.0.label", "wrong_type"),
            Fault(
                ("periods", 0, "segments", 1, "portfolio_weight"),
                "x",
                "periods.0.segments.1.portfolio_weight",
                "wrong_type",
            ),
            Fault(
                ("periods", 1, "segments", 0, "portfolio_return"),
                -1e9,
                "periods.1.segments.0.portfolio_return",
                "out_of_range",
            ),
        ),
        (
            Fault(
                ("periods", 0, "segments", 2, "benchmark_weight"),
                0.3,
                "periods.0.segments",
                "benchmark_weights_sum",
            ),
            Fault(
                ("periods", 1, "segments", 0, "benchmark_return"),
                None,
                "periods.1.segments.0.benchmark_return",
                "missing",
            ),
            Fault(("periods", 1, "segments", 1, "segment"), "A", "periods.1.segments.1.segment", "duplicate"),
        ),
    ),
    "factors": Faulty(
        {
            "returns": [0.01, 0.02, -0.01, 0.0],
            "factors": {"market": [0.01, 0.01, -0.02, 0.01], "BRK.B": [0.0, 0.01, 0.03, -0.01]},
            "errors": "hac",
            "lags": 1,
        },
        (
            UNKNOWN_FIELD,
            Fault(("returns", 0), "x", "returns.0", "wrong_type"),
            Fault(("factors", "market", 2), None, "factors.market.2", "wrong_type"),
            Fault(("intercept",), "yes", "intercept", "wrong_type"),
        ),
        (
            Fault(("factors", "BRK.B"), [0.1], r"factors.BRK\.B", "length"),
            Fault(("lags",), 4, "lags", "too_large"),
        ),
    ),
    "rebalance": Faulty(
        {
            "holdings": [_holding("AAPL"), _holding("MSFT"), _holding("KO"), _holding("PEP")],
            "allocations": [
                _target("sector", "technology"),
                _target("sector", "energy"),
                _target("asset_class", "equity"),
            ],
        },
        (
            UNKNOWN_FIELD,
            Fault(("cash",), "x", "cash", "malformed"),
            Fault(("holdings", 0, "symbol"), 1, "holdings.0.symbol", "wrong_type"),
            Fault(("holdings", 3, "price"), 0, "holdings.3.price", "out_of_range"),
            Fault(("allocations", 0, "band"), 2, "allocations.0.band", "out_of_range"),
            Fault(("options",), {"currency": "ZZZ"}, "options.currency", "unknown_value"),
        ),
        (
            Fault(("holdings", 1, "symbol"), LEFT_OUT, "holdings.1.symbol", "missing"),
            Fault(("holdings", 2, "ticker"), "PEP", "holdings.2.ticker", "contradiction"),
            Fault(("holdings", 3, "symbol"), "KO", "holdings.3.symbol", "duplicate"),
            Fault(("allocations", 0, "target_weight"), "0.9", "allocations", "sum_above_one"),
            Fault(("allocations", 1, "min_weight"), "0.3", "allocations.1.min_weight", "above_target"),
            Fault(("allocations", 2, "bucket"), "stamps", "allocations.2.bucket", "unknown_bucket"),
        ),
    ),
}
