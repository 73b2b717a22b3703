"""Examples of recommendations."""

from typing import Final

from api.resources.examples import AT, POLICY, PORTFOLIO, POSITION_ID, Body, Examples

_RECOMMENDATION: Final = "9c6a0f1d-4e2b-5d3c-8b1a-7f6e5d4c3b2a"
_INSTRUMENT: Final = "3f1c9b7a-6e5d-5c4b-8a39-1d2e3f4a5b6c"
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
    "created_at": AT,
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
            "position_id": POSITION_ID,
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
    "policy": POLICY,
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
