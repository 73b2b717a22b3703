"""Examples of positions and cash."""

from typing import Final

from api.resources.examples import AT, PORTFOLIO, POSITION_ID, Body, Examples

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
    "id": POSITION_ID,
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
    "projected_at": AT,
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
    "projected_at": AT,
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
