"""Examples of applying the result of an optimisation."""

from typing import Final

from api.resources.examples import ALLOCATION_ID, PORTFOLIO, Body, Examples

JOB: Final = "6a1f0d5e-8a53-4f6e-9d0e-2d6c4b1a7e55"
APPLY: Final[Examples] = {
    "a target for each security": {
        "portfolio_id": PORTFOLIO,
        "method": "HRP",
        "allocation_type": "security",
        "band": {"kind": "relative", "width": 0.2},
    },
    "by sector": {"portfolio_id": PORTFOLIO, "method": "MinVol", "allocation_type": "sector"},
}
_REMOVED: Final[Body] = {
    "id": "c8b9f0a2-6f0a-5a0e-8b62-0a4f5e0a7d11",
    "bucket": "GE",
    "target_weight": 0.1,
}
_WARNED: Final[Body] = {
    "code": "cash_kept",
    "detail": "0.02 of the portfolio stays in cash, so weights were scaled by 0.98.",
}
_COMMON: Final[Body] = {
    "optimization_id": JOB,
    "portfolio_id": PORTFOLIO,
    "method": "HRP",
    "allocation_type": "security",
    "removed": [_REMOVED],
    "sold": ["XOM"],
    "warnings": [_WARNED],
}
_TARGET: Final[Body] = {
    "id": ALLOCATION_ID,
    "portfolio_id": PORTFOLIO,
    "allocation_type": "security",
    "bucket": "AAPL",
    "target_weight": 0.612345,
    "min_weight": 0,
    "max_weight": 1,
    "band_kind": "relative",
    "band": 0.2,
    "created": True,
    "changed": True,
}
APPLIED: Final[Body] = {**_COMMON, "targets": [_TARGET], "cash_weight": 0.02}
_METRICS: Final[Body] = {
    "expected_return": 0.118,
    "volatility": 0.192,
    "sharpe_ratio": 0.41,
    "sortino_ratio": 0.58,
    "max_drawdown": -0.29,
    "var_95": 0.0186,
    "cvar_95": 0.0279,
    "diversification_ratio": 1.34,
    "effective_number_of_assets": 6.2,
    "turnover": None,
    "tracking_error": 0.061,
    "information_ratio": 0.22,
    "beta": 0.87,
    "active_return": 0.013,
}
_SIDE: Final[Body] = {
    "weights": {"AAPL": 0.612345, "KO": 0.367655},
    "cash_weight": 0.02,
    "covered": 1.0,
    "metrics": _METRICS,
    "unavailable": {
        "turnover": {
            "code": "said_elsewhere",
            "detail": "`turnover_one_way` says what the trades turn over.",
        }
    },
}
WHAT_IF: Final[Body] = {
    **_COMMON,
    "currency": "USD",
    "total_value": 125000,
    "rebalance_needed": True,
    "drift": [
        {
            "allocation_id": ALLOCATION_ID,
            "allocation_type": "security",
            "bucket": "AAPL",
            "actual_weight": 0.8,
            "target_weight": 0.612345,
            "min_weight": 0,
            "max_weight": 1,
            "drift": 0.187655,
            "lower": 0.489876,
            "upper": 0.734814,
            "status": "above",
            "breached": True,
        }
    ],
    "max_abs_drift": 0.187655,
    "trades": [
        {
            "ticker": "AAPL",
            "side": "sell",
            "quantity": 130.317,
            "estimated_price": 180,
            "value": 23457.06,
            "cost": 11.73,
            "account": "",
            "instrument_id": "0b0c3f2e-7d0c-5a51-9a3b-5c1f8f6f2a11",
            "position_id": "0b0c3f2e-7d0c-5a51-9a3b-5c1f8f6f2a10",
        }
    ],
    "after": [
        {
            "allocation_type": "security",
            "bucket": "AAPL",
            "actual_weight": 0.612345,
            "target_weight": 0.612345,
            "drift": 0,
            "status": "inside",
        }
    ],
    "total_cost": 11.73,
    "turnover_one_way": 0.0938,
    "turnover_two_way": 0.1877,
    "residual_cash": 2500,
    "binding_constraints": ["cash buffer"],
    "conflicts": [],
    "risk": {"before": _SIDE, "after": _SIDE},
    "prices_as_of": "2026-03-26",
}
REPORT: Final = "<!doctype html>…"
