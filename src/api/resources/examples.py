"""Bodies as the OpenAPI document shows them; a test decodes every request and compares every answer's fields."""

from collections.abc import Mapping
from typing import Any, Final

Body = dict[str, Any]
Examples = Mapping[str, Body]

PORTFOLIO: Final = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
_POSITION: Final = "0b0c3f2e-7d0c-5a51-9a3b-5c1f8f6f2a10"
_ALLOCATION: Final = "5d3c2a44-3b8e-5f7a-8a67-93d5b1a2c9e1"
_IMPORT: Final = "b1a7c3de-2f64-4c1b-9d57-3e8f5a6b7c8d"
_RECOMMENDATION: Final = "9c6a0f1d-4e2b-5d3c-8b1a-7f6e5d4c3b2a"
_INSTRUMENT: Final = "3f1c9b7a-6e5d-5c4b-8a39-1d2e3f4a5b6c"
_AT: Final = "2026-03-26T08:00:00Z"
_POLICY: Final[Body] = {
    "to": "target",
    "whole_shares": False,
    "min_trade_value": 0,
    "cash_buffer": 0.01,
    "cost_bps": 5,
    "fixed_cost": 0,
    "do_not_trade": [],
}
REGISTRATIONS: Final[Examples] = {
    "long only": {
        "name": "Global Equity Alpha",
        "portfolio_type": "long_only",
        "currency": "USD",
        "benchmark_ticker": "SPY",
        "rebalance_threshold": 0.05,
    },
    "with cash": {
        "name": "Growth Portfolio",
        "portfolio_type": "balanced",
        "description": "Long-term growth focused portfolio",
        "initial_cash": "100000.00",
        "rebalance_policy": {"to": "edge", "whole_shares": True, "min_trade_value": 250},
    },
}
REGISTERED: Final[Body] = {
    "portfolio_id": PORTFOLIO,
    "name": "Global Equity Alpha",
    "portfolio_type": "long_only",
    "currency": "USD",
    "tenant_id": "user_abc123",
    "created": True,
    "description": None,
    "inception_date": "2026-03-26",
    "benchmark_ticker": "SPY",
    "rebalance_threshold": 0.05,
    "rebalance_policy": _POLICY,
    "metadata": {},
    "cash_balance": 0,
    "is_active": True,
    "version": 1,
}
PORTFOLIO_PAGE: Final[Body] = {
    "portfolios": [
        {
            "portfolio_id": PORTFOLIO,
            "name": "Global Equity Alpha",
            "description": None,
            "portfolio_type": "long_only",
            "currency": "USD",
            "aum_usd_mm": 142.5,
            "total_value": 142500000,
            "cash_balance": 2500000,
            "day_change": 512400.5,
            "day_change_percent": 0.361,
            "position_count": 48,
            "benchmark_ticker": "SPY",
            "ytd_return": 0.0821,
            "active_return_ytd": 0.0214,
            "var_95_1d": 0.0142,
            "sharpe_ratio": 1.84,
            "max_drift_pct": 2.3,
            "rebalance_needed": False,
            "macro_regime": "risk_on",
            "is_active": True,
            "created_at": "2024-01-02T10:00:00Z",
            "projected_at": _AT,
            "unavailable": {},
        }
    ],
    "total": 1,
    "limit": 50,
    "offset": 0,
}
PORTFOLIO_DETAIL: Final[Body] = {
    "portfolio": {
        "id": PORTFOLIO,
        "name": "Global Equity Alpha",
        "description": None,
        "portfolio_type": "long_only",
        "currency": "USD",
        "aum_usd_mm": 142.5,
        "total_value": 142500000,
        "cash_balance": 2500000,
        "rebalance_threshold": 0.05,
        "rebalance_policy": _POLICY,
        "policy_version": 3,
        "benchmark_ticker": "SPY",
        "inception_date": "2024-01-02",
        "metadata": {"desk": "equities"},
        "max_drift_pct": 2.3,
        "rebalance_needed": False,
        "prices_as_of": "2026-03-25",
        "valued_on": "2026-03-25",
        "day_change": 512400.5,
        "day_change_percent": 0.361,
        "ytd_return": 0.0821,
        "active_return_ytd": 0.0214,
        "is_active": True,
        "created_at": "2024-01-02T10:00:00Z",
        "projected_at": _AT,
        "version": 7,
    },
    "position_count": 48,
    "risk": {
        "as_of": "2026-03-25",
        "var_95_1d": 0.0142,
        "var_99_1d": 0.0201,
        "cvar_95_1d": 0.0178,
        "hhi": 0.0312,
        "top5_weight": 0.284,
        "top10_weight": 0.481,
        "portfolio_vol_30d": 0.0652,
        "sharpe_ratio": 1.84,
        "tracking_error": 0.0041,
        "information_ratio": 1.12,
        "macro_regime": "risk_on",
        "nav_impact_pct": -0.82,
        "computed_at": "2026-03-26T07:55:00Z",
        "unavailable": {},
    },
    "unavailable": {},
}
REVISIONS: Final[Examples] = {
    "threshold and benchmark": {"rebalance_threshold": 0.08, "benchmark_ticker": "IVV"},
    "archive": {"is_active": False},
    "bring back": {"is_active": True},
}
RENAMINGS: Final[Examples] = {
    "both": {"name": "Updated Portfolio Name", "description": "Updated description"},
}

_ROW_ERROR: Final[Body] = {
    "row": 22,
    "error": "Unknown asset_class 'structured_note'",
    "column": "asset_class",
    "value": "structured_note",
    "code": "unknown_asset_class",
    "message": "Unknown asset_class 'structured_note'. Use one of the known classes.",
}
_TOTALS: Final[Body] = {
    "positions": 48,
    "market_value": 140000000,
    "cash_balance": 2500000,
    "total_value": 142500000,
}
_REPORT: Final[Body] = {
    "rows_imported": 48,
    "rows_with_errors": 1,
    "errors": [_ROW_ERROR],
    "mode": "upsert",
    "as_of": "2026-03-26",
    "format": "generic",
    "filename": "positions.csv",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "rows_unchanged": 0,
    "rows_skipped": 1,
    "created": 48,
    "updated": 0,
    "closed": 0,
    "closed_positions": [],
    "totals_before": {"positions": 0, "market_value": 0, "cash_balance": 2500000, "total_value": 2500000},
    "totals_after": _TOTALS,
    "warnings": [],
}
IMPORT_RESULT: Final[Body] = {
    "portfolio_id": PORTFOLIO,
    "import_id": _IMPORT,
    "agents_fired": ["PortfolioRiskAgent", "RebalanceAgent"],
    "dry_run": False,
    **_REPORT,
}
_IMPORTED: Final[Body] = {
    "portfolio_id": PORTFOLIO,
    "import_id": _IMPORT,
    "status": "imported",
    "imported_at": _AT,
    "reverted_at": None,
}
IMPORT_REPORT: Final[Body] = {**_IMPORTED, **_REPORT}
_SUMMARISED: Final = (
    "filename", "format", "mode", "as_of", "rows_imported", "rows_with_errors", "rows_unchanged",
    "rows_skipped", "created", "updated", "closed",
)  # fmt: skip
IMPORT_PAGE: Final[Body] = {
    "imports": [{**_IMPORTED, **{name: _REPORT[name] for name in _SUMMARISED}}],
    "total": 1,
    "limit": 50,
    "offset": 0,
}
REVERTED_IMPORT: Final[Body] = {"import_id": _IMPORT, "portfolio_id": PORTFOLIO, "status": "reverted"}

PURCHASES: Final[Examples] = {
    "minimal": {"symbol": "AAPL", "quantity": 100, "price": 175.00},
    "described": {
        "ticker": "SAP",
        "quantity": "250",
        "avg_cost_price": "182.40",
        "current_price": "190.10",
        "currency": "EUR",
        "asset_class": "equity",
        "sector": "technology",
        "geography": "DE",
        "isin": "DE0007164600",
    },
}
_DESCRIBED: Final[Body] = {
    "id": _POSITION,
    "portfolio_id": PORTFOLIO,
    "ticker": "AAPL",
    "symbol": "AAPL",
    "security_name": "Apple Inc.",
    "account": "",
    "asset_class": "equity",
    "sector": "technology",
    "geography": "US",
    "isin": "US0378331005",
    "cusip": "037833100",
    "currency": "USD",
    "quantity": 100,
    "avg_cost_price": 150,
    "avg_cost": 150,
    "current_price": 175.84,
    "price_date": "2026-03-25",
    "market_value": 17584,
    "unrealized_pnl": 2584,
    "unrealized_pnl_percent": 17.22666667,
}
RECORDED_POSITION: Final[Body] = {**_DESCRIBED, "created": True}
POSITION: Final[Body] = {
    **_DESCRIBED,
    "price_source": "market",
    "market_value_base": 17584,
    "weight": 0.1172266667,
    "weight_percent": 11.72266667,
    "flags": [],
    "projected_at": _AT,
    "unavailable": {},
}
POSITION_PAGE: Final[Body] = {
    "positions": [POSITION],
    "total": 1,
    "limit": 100,
    "offset": 0,
    "portfolio_id": PORTFOLIO,
    "currency": "USD",
    "total_value": 150000,
    "cash_balance": 25000,
    "projected_at": _AT,
}
POSITION_REVISIONS: Final[Examples] = {
    "price": {"current_price": "176.10"},
    "cost and sector": {"avg_cost_price": 151.25, "sector": "technology"},
}
CASH_MOVES: Final[Examples] = {
    "deposit": {"amount": 1000},
    "withdrawal": {"amount": "-250.50", "currency": "EUR", "date": "2026-03-20", "note": "fees"},
}
MOVED_CASH: Final[Body] = {
    "portfolio_id": PORTFOLIO,
    "amount": 1000,
    "currency": "USD",
    "date": "2026-03-26",
    "note": None,
    "cash_balance": 26000,
}

TARGETS: Final[Examples] = {
    "sector": {
        "allocation_type": "sector",
        "bucket": "technology",
        "target_weight": 0.25,
        "min_weight": 0.15,
        "max_weight": 0.35,
    },
    "relative band": {
        "allocation_type": "security",
        "bucket": "AAPL",
        "target_weight": "0.10",
        "band_kind": "relative",
        "band": "0.20",
    },
}
_TARGET: Final[Body] = {
    "id": _ALLOCATION,
    "portfolio_id": PORTFOLIO,
    "allocation_type": "sector",
    "bucket": "technology",
    "target_weight": 0.25,
    "min_weight": 0.15,
    "max_weight": 0.35,
    "band_kind": None,
    "band": None,
}
ALLOCATION_SET: Final[Body] = {**_TARGET, "created": True}
ALLOCATION: Final[Body] = {**_TARGET, "projected_at": _AT}
ALLOCATIONS: Final[Body] = {"allocations": [ALLOCATION]}
_OUTSIDE: Final[Body] = {
    "allocation_id": _ALLOCATION,
    "allocation_type": "sector",
    "bucket": "technology",
    "actual_weight": 0.31,
    "target_weight": 0.25,
    "min_weight": 0.15,
    "max_weight": 0.35,
    "drift": 0.06,
    "lower": 0.2,
    "upper": 0.3,
    "status": "above",
    "breached": True,
}
DRIFT: Final[Body] = {
    "portfolio_id": PORTFOLIO,
    "currency": "USD",
    "total_value": 150000,
    "cash_balance": 25000,
    "rebalance_threshold": 0.05,
    "max_abs_drift": 0.06,
    "max_drift_pct": 6,
    "rebalance_needed": True,
    "held_back": None,
    "buckets": [_OUTSIDE],
    "outside": [_OUTSIDE],
    "excluded": [],
    "conflicts": [],
    "policy_version": 3,
    "prices_as_of": "2026-03-25",
    "projected_at": _AT,
    "unavailable": {},
}

REBALANCE_REQUESTS: Final[Examples] = {
    "if needed": {"force": False},
    "in whole shares": {"force": True, "to": "edge", "whole_shares": True, "min_trade_value": 500},
}
REBALANCE_REQUESTED: Final[Body] = {
    "portfolio_id": PORTFOLIO,
    "status": "rebalance_agent_triggered",
    "stream": "pm:rebalance:recommended",
    "held_back": None,
}
_BEFORE: Final[Body] = {
    "allocation_type": "sector",
    "bucket": "technology",
    "actual_weight": 0.31,
    "target_weight": 0.25,
    "drift": 0.06,
    "status": "above",
}
RECOMMENDATION: Final[Body] = {
    "recommendation_id": _RECOMMENDATION,
    "id": _RECOMMENDATION,
    "portfolio_id": PORTFOLIO,
    "status": "open",
    "created_at": _AT,
    "expires_at": "2026-04-02T08:00:00Z",
    "currency": "USD",
    "total_value": 150000,
    "reasons": [
        {
            "explanation": "sector technology weighs 31 %, 6 points above its target of 25 % and above its band of "
            "20 % to 30 %.",
            "allocation_type": "sector",
            "bucket": "technology",
            "actual_weight": 0.31,
            "target_weight": 0.25,
            "drift": 0.06,
            "threshold": 0.05,
            "lower": 0.2,
            "upper": 0.3,
            "status": "above",
        }
    ],
    "trades": [
        {
            "ticker": "AAPL",
            "side": "sell",
            "quantity": 51.182894,
            "estimated_price": 175.84,
            "value": 9000,
            "cost": 4.5,
            "account": "",
            "instrument_id": _INSTRUMENT,
            "position_id": _POSITION,
        }
    ],
    "turnover_one_way": 0.03,
    "turnover_two_way": 0.06,
    "residual_cash": 33995.5,
    "before": [_BEFORE],
    "after": [{**_BEFORE, "actual_weight": 0.25, "drift": 0, "status": "inside"}],
    "binding_constraints": [],
    "conflicts": [],
    "excluded": [],
    "solver": "linear",
    "policy": _POLICY,
    "policy_version": 3,
    "forced": False,
    "prices_as_of": "2026-03-25",
    "supersedes": None,
    "superseded_by": None,
    "decided_at": None,
    "decided_by": None,
    "decision_note": None,
}
RECOMMENDATION_PAGE: Final[Body] = {
    "recommendations": [RECOMMENDATION],
    "total": 1,
    "limit": 50,
    "offset": 0,
}
ACCEPTANCES: Final[Examples] = {"with a note": {"note": "Placed with the broker."}}
REFUSALS: Final[Examples] = {"with the reason": {"reason": "Waiting for the earnings call."}}

EVENT_PAGE: Final[Body] = {
    "events": [
        {
            "position": 42,
            "id": "6a1f0c9e-3d2b-4a5c-9e8f-7b6a5d4c3b2a",
            "type": "pm.portfolio.target-set.v1",
            "portfolio_id": PORTFOLIO,
            "recorded_at": _AT,
            "effective_at": _AT,
            "actor": "user_abc123",
            "correlation_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "causation_id": None,
            "data": {
                "portfolio_id": PORTFOLIO,
                "effective_at": _AT,
                "target": {
                    "allocation_id": _ALLOCATION,
                    "allocation_type": "sector",
                    "bucket": "technology",
                    "target_weight": 0.25,
                    "min_weight": 0.15,
                    "max_weight": 0.35,
                    "band_kind": None,
                    "band": None,
                },
            },
        }
    ],
    "total": 1,
    "limit": 100,
    "offset": 0,
}
PROJECTIONS: Final[Body] = {
    "projections": [
        {"name": "portfolios", "position": 42, "lag_events": 0, "lag_seconds": 0.0, "dead_letters": 0}
    ],
    "position": 42,
}
