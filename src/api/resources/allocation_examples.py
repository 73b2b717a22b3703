"""Examples of target allocations and drift."""

from typing import Final

from api.resources.examples import ALLOCATION_ID, AT, PORTFOLIO, Body, Examples

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
    "id": ALLOCATION_ID,
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
ALLOCATION: Final[Body] = {**_TARGET, "projected_at": AT}
ALLOCATIONS: Final[Body] = {"allocations": [ALLOCATION]}
_OUTSIDE: Final[Body] = {
    "allocation_id": ALLOCATION_ID,
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
    "projected_at": AT,
    "unavailable": {},
}
