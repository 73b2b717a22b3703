"""Bodies of resources with rules over several fields, and faults that have nothing to do with each other."""

from collections.abc import Mapping
from typing import Final

from tests.support.faults import LEFT_OUT, UNKNOWN_FIELD, Fault, Faulty

FAULTY: Final[Mapping[str, Faulty]] = {
    "portfolio": Faulty(
        {"name": "Core", "portfolio_type": "long_only", "inception_date": "2024-01-02", "metadata": {"a": 1}},
        (
            UNKNOWN_FIELD,
            Fault(("name",), 5, "name", "wrong_type"),
            Fault(("initial_cash",), -1, "initial_cash", "out_of_range"),
            Fault(("portfolio_type",), LEFT_OUT, "portfolio_type", "missing"),
        ),
        (
            Fault(("inception_date",), "1066-10-14", "inception_date", "out_of_range"),
            Fault(("metadata",), {"a": "x" * 17_000}, "metadata", "too_large"),
        ),
    ),
    "portfolio revision": Faulty(
        {"name": "Core", "metadata": {}},
        (UNKNOWN_FIELD, Fault(("rebalance_threshold",), 7, "rebalance_threshold", "out_of_range")),
        (Fault(("metadata",), {"a": "\0"}, "metadata", "malformed"),),
    ),
    "position": Faulty(
        {
            "ticker": "AAPL",
            "quantity": 10,
            "price": "175.5",
            "asset_class": "equity",
            "geography": "US",
            "isin": "US0378331005",
            "cusip": "037833100",
        },
        (
            UNKNOWN_FIELD,
            Fault(("account",), 1, "account", "wrong_type"),
            Fault(("current_price",), -1, "current_price", "out_of_range"),
            Fault(("sector",), 5, "sector", "wrong_type"),
        ),
        (
            Fault(("ticker",), LEFT_OUT, "ticker", "missing"),
            Fault(("quantity",), 0, "quantity", "zero"),
            Fault(("avg_cost_price",), 1, "price", "contradiction"),
            Fault(("asset_class",), "stamps", "asset_class", "unknown_value"),
            Fault(("geography",), "XX", "geography", "unknown_value"),
            Fault(("isin",), "US0378331006", "isin", "check_digit"),
            Fault(("cusip",), "037833101", "cusip", "check_digit"),
        ),
    ),
    "position revision": Faulty(
        {"quantity": 10, "avg_cost_price": 3, "asset_class": "equity"},
        (UNKNOWN_FIELD, Fault(("security_name",), 1, "security_name", "wrong_type")),
        (
            Fault(("quantity",), 0, "quantity", "zero"),
            Fault(("avg_cost",), 4, "avg_cost", "contradiction"),
            Fault(("asset_class",), "cash", "asset_class", "is_cash"),
            Fault(("geography",), "XX", "geography", "unknown_value"),
        ),
    ),
    "cash": Faulty(
        {"amount": 10, "date": "2024-01-02"},
        (UNKNOWN_FIELD, Fault(("currency",), "ZZZ", "currency", "unknown_value")),
        (
            Fault(("amount",), 0, "amount", "zero"),
            Fault(("date",), "1066-10-14", "date", "out_of_range"),
        ),
    ),
    "allocation": Faulty(
        {"allocation_type": "asset_class", "bucket": "equity", "target_weight": 0.5},
        (UNKNOWN_FIELD, Fault(("band",), 2, "band", "out_of_range")),
        (
            Fault(("bucket",), "stamps", "bucket", "unknown_bucket"),
            Fault(("min_weight",), 0.6, "min_weight", "above_target"),
            Fault(("max_weight",), 0.4, "max_weight", "below_target"),
        ),
    ),
    "webhook": Faulty(
        {
            "url": "https://hooks.example.com/",
            "events": ["recommendation.made", "import.done", "job.finished", "pm.risk.computed.v1"],
            "description": "ours",
        },
        (
            UNKNOWN_FIELD,
            Fault(("url",), 1, "url", "wrong_type"),
            Fault(("events", 0), 1, "events.0", "wrong_type"),
            Fault(("is_active",), "yes", "is_active", "wrong_type"),
        ),
        (
            Fault(("events", 1), "teatime", "events.1", "unknown_event"),
            Fault(("events", 3), "job.finished", "events.3", "repeated"),
        ),
    ),
    "key": Faulty(
        {"name": "ours", "scopes": ["portfolios:read", "portfolios:write"], "allowed_addresses": ["::1"]},
        (
            UNKNOWN_FIELD,
            Fault(("name",), 5, "name", "wrong_type"),
            Fault(("scopes", 0), 5, "scopes.0", "wrong_type"),
            Fault(("requests_per_minute",), 0, "requests_per_minute", "out_of_range"),
        ),
        (
            Fault(("scopes", 1), "tea:make", "scopes.1", "unknown_scope"),
            Fault(("allowed_addresses", 0), "nowhere", "allowed_addresses.0", "malformed"),
        ),
    ),
    "value at risk": Faulty(
        {"positions": [{"symbol": "SPY", "value": 1}, {"symbol": "AGG", "value": 2}]},
        (
            UNKNOWN_FIELD,
            Fault(("positions", 0, "symbol"), 1, "positions.0.symbol", "wrong_type"),
            Fault(("window",), 1, "window", "out_of_range"),
        ),
        (
            Fault(("positions", 0, "value"), 0, "positions.0.value", "out_of_range"),
            Fault(("positions", 1, "value"), 0, "positions.1.value", "out_of_range"),
        ),
    ),
}
