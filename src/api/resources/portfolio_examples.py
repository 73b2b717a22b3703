"""Examples of portfolios."""

from typing import Final

from api.resources.examples import AT, POLICY, PORTFOLIO, Body, Examples

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
    "rebalance_policy": POLICY,
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
            "projected_at": AT,
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
        "rebalance_policy": POLICY,
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
        "projected_at": AT,
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
