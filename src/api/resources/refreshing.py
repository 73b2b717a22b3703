"""`?refresh=true`: ask for figures anew, and answer with those that have seen the request."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import Annotated, Any, Final, TypeAlias, TypeVar
from uuid import UUID

from litestar.params import QueryParameter

from api.problems import unavailable
from api.request import ApiRequest
from application.ledger import Ledger
from application.portfolios.request_analysis import RequestAnalysis, request_analysis
from domain.analysis import Kind
from projections.analyses import AnalysisRow

Row = TypeVar("Row", bound=AnalysisRow)
WAIT_SECONDS_MAX: Final = 20.0
"""How long a refresh waits unless `Prefer: wait=N` says less."""
LOOK_EVERY_SECONDS: Final = 0.02

Refresh: TypeAlias = Annotated[
    bool,
    QueryParameter(
        description="Compute the figures anew first; 503 where that takes longer than 20 seconds."
    ),
]


async def refreshed(
    request: ApiRequest,
    portfolio_id: UUID,
    kinds: Sequence[Kind],
    look: Callable[[], Awaitable[Row | None]],
    *,
    ledger: Ledger,
    options: Mapping[str, Any] | None = None,
) -> Row:
    """Return the first row that has seen a request made now; the agents compute it.

    Raises
    ------
    PortfolioNotFound, PortfolioArchived
        If there is nothing to compute for.
    Problem
        503 if no agent answers in time; the figures may be there a little later.
    """
    command = RequestAnalysis(
        caller=request.caller, portfolio_id=portfolio_id, kinds=kinds, options=options or {}
    )
    position = await request_analysis(command, ledger=ledger)
    until = monotonic() + _patience(request)
    while True:
        row = await look()
        if row is not None and row.source_position >= position:
            return row
        if monotonic() >= until:
            raise unavailable("The figures are not computed yet; they will be there in a moment.")
        await asyncio.sleep(LOOK_EVERY_SECONDS)


def _patience(request: ApiRequest) -> float:
    wait = request.preferences.wait
    if wait is None or wait >= WAIT_SECONDS_MAX:
        return WAIT_SECONDS_MAX
    request.exchange.applied_preferences.append(f"wait={wait}")
    return float(wait)
