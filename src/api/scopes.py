"""What each scope allows, in the words of the documentation."""

from collections.abc import Mapping
from typing import Final

SCOPE_MEANINGS: Final[Mapping[str, str]] = {
    "portfolios:read": "reading portfolios, positions, figures, recommendations, history and market data",
    "portfolios:write": "registering and changing portfolios, positions, cash and allocations; asking for a "
    "recommendation",
    "positions:import": "importing files of positions and undoing imports",
    "analytics:read": "the calculators under `/v1/analytics`, position sizes, factor scores and stress tests, "
    "which compute on what they are sent",
    "optimize": "optimisations, and weights by `POST /v1/optimize-portfolio`. Applying a result takes "
    "`portfolios:write` besides, a look at what that would do, or optimising over a portfolio, `portfolios:read`",
    "rebalance:decide": "accepting and declining recommendations",
    "orders:read": "reading orders",
    "orders:write": "placing and cancelling orders",
    "market:write": "importing market data of the tenant's own",
    "admin": "keys, members, invitations, webhooks, the audit trail and exports of the tenant; shared market data",
}
"""By name; the same ones as `application.caller.SCOPES`."""
