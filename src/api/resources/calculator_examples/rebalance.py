"""Examples of holdings and targets."""

from typing import Final

from api.resources.examples import Body, Examples

REQUESTS: Final[Examples] = {
    "two sectors": {
        "holdings": [
            {"symbol": "AAPL", "quantity": 120, "price": 175.84, "sector": "technology"},
            {"symbol": "JNJ", "quantity": 60, "price": 158.35, "sector": "healthcare"},
        ],
        "cash": 500,
        "allocations": [
            {"allocation_type": "sector", "bucket": "technology", "target_weight": 0.6},
            {"allocation_type": "sector", "bucket": "healthcare", "target_weight": 0.38},
        ],
        "options": {"whole_shares": True},
    }
}
ANSWER: Final[Body] = {
    "currency": "USD",
    "total_value": 31101.8,
    "rebalance_needed": True,
    "trades": [
        {
            "ticker": "AAPL",
            "symbol": "AAPL",
            "account": "",
            "side": "sell",
            "quantity": 14,
            "estimated_price": 175.84,
            "value": 2461.76,
            "cost": 0,
        },
        {
            "ticker": "JNJ",
            "symbol": "JNJ",
            "account": "",
            "side": "buy",
            "quantity": 15,
            "estimated_price": 158.35,
            "value": 2375.25,
            "cost": 0,
        },
    ],
    "turnover_one_way": 0.0777609335,
    "turnover_two_way": 0.1555218669,
    "total_cost": 0,
    "residual_cash": 586.51,
    "before": [
        {
            "allocation_type": "sector",
            "bucket": "health_care",
            "actual_weight": 0.3054807117,
            "target_weight": 0.38,
            "drift": -0.0745192883,
            "status": "below",
        },
        {
            "allocation_type": "sector",
            "bucket": "technology",
            "actual_weight": 0.6784430483,
            "target_weight": 0.6,
            "drift": 0.0784430483,
            "status": "above",
        },
    ],
    "after": [
        {
            "allocation_type": "sector",
            "bucket": "health_care",
            "actual_weight": 0.3818508897,
            "target_weight": 0.38,
            "drift": 0.0018508897,
            "status": "inside",
        },
        {
            "allocation_type": "sector",
            "bucket": "technology",
            "actual_weight": 0.5992913593,
            "target_weight": 0.6,
            "drift": -0.0007086407,
            "status": "inside",
        },
    ],
    "binding_constraints": ["whole shares"],
    "conflicts": [],
    "solver": "whole shares",
    "proven_optimal": True,
    "reason": None,
    "conventions": {
        "to": "target",
        "whole_shares": True,
        "min_trade_value": 0,
        "cash_buffer": 0,
        "cost_bps": 0,
        "fixed_cost": 0,
        "do_not_trade": [],
        "force": True,
        "rebalance_threshold": 0.05,
        "long_only": True,
        "currency": "USD",
    },
}
