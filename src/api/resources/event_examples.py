"""Examples of the history of a portfolio."""

from typing import Final

from api.resources.examples import ALLOCATION_ID, AT, PORTFOLIO, Body

EVENT_PAGE: Final[Body] = {
    "events": [
        {
            "position": 42,
            "id": "6a1f0c9e-3d2b-4a5c-9e8f-7b6a5d4c3b2a",
            "type": "pm.portfolio.target-set.v1",
            "portfolio_id": PORTFOLIO,
            "recorded_at": AT,
            "effective_at": AT,
            "actor": "user_abc123",
            "correlation_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "causation_id": None,
            "data": {
                "portfolio_id": PORTFOLIO,
                "effective_at": AT,
                "target": {
                    "allocation_id": ALLOCATION_ID,
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
