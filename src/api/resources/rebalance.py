"""Asking the rebalance agent to look now."""

from time import monotonic
from uuid import UUID

import msgspec
from litestar import Controller, post
from litestar.params import FromPath, JSONBody

from api.answers import POSITION, Answer, ApiResponse
from api.idempotency import idempotent
from api.operation import operation
from api.request import ApiRequest
from api.resources import recommendation_examples as examples
from api.resources.awaited import awaited
from api.resources.drift import drift_now
from api.resources.recommendation_bodies import RebalanceRequested, RequestRebalance
from api.resources.recording import recorded
from api.services import Service
from application.ledger import Ledger
from application.market.quotes import Quotes
from application.portfolios import request_rebalance
from domain.portfolio import Portfolio
from domain.price_age import PriceLimits
from projections.portfolios import PortfolioView
from projections.recommendations import RecommendationRow, RecommendationView


class RebalanceController(Controller):
    """Rebalancing one portfolio."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Rebalancing",)

    @post(
        "/rebalance",
        status_code=202,
        opt=operation(
            scope="portfolios:write",
            settles=True,
            examples=examples.REBALANCE_REQUESTS,
            example=examples.REBALANCE_REQUESTED,
        ),
    )
    @idempotent()
    async def request_rebalance(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        ledger: Service[Ledger],
        recommendations: Service[RecommendationView],
        portfolios: Service[PortfolioView],
        quotes: Service[Quotes],
        price_limits: Service[PriceLimits],
        data: JSONBody[RequestRebalance | None] = None,
    ) -> ApiResponse[RebalanceRequested]:
        """Ask the rebalance agent to look now.

        A recommendation appears on the stream and in the inbox if a bucket is outside its band, or with
        `force: true` whatever the drift. `Prefer: wait=N` waits up to N seconds, 30 at most, for it. Where prices
        are too old to trade at, none is made without `force`, and `held_back` says so.
        """
        asked = data or RequestRebalance()
        command = request_rebalance.RequestRebalance(
            caller=request.caller, portfolio_id=portfolio_id, force=asked.force, options=asked.options()
        )

        def shape(_: Portfolio) -> Answer[RebalanceRequested]:
            return Answer(RebalanceRequested(portfolio_id=portfolio_id), status=202)

        started = monotonic()
        answer = await recorded(
            request,
            lambda remember: request_rebalance.request_rebalance(command, ledger=ledger, remember=remember),
            shape,
        )
        if not asked.force and (row := await portfolios.portfolio(request.caller.tenant, portfolio_id)):
            clock = await quotes.clock(request.caller.tenant)
            drift, _ = await drift_now(row, portfolios, recommendations, clock=clock, limits=price_limits)
            if drift.held_back is not None:
                answer.content = msgspec.structs.replace(answer.content, held_back=drift.held_back)
                return answer
        return await _with_recommendation(request, answer, recommendations, portfolio_id, started)


async def _with_recommendation(
    request: ApiRequest,
    answer: ApiResponse[RebalanceRequested],
    recommendations: RecommendationView,
    portfolio_id: UUID,
    started: float,
) -> ApiResponse[RebalanceRequested]:
    """Wait as long as the client prefers for the recommendation that answers the request, and name it."""
    position = answer.headers.get(POSITION)
    if position is None or request.preferences.wait is None:
        return answer

    async def newest() -> RecommendationRow | None:
        rows, _ = await recommendations.page(
            request.caller.tenant, portfolio_id=portfolio_id, status=None, limit=1, offset=0
        )
        return rows[0] if rows and rows[0].content.source_position >= int(position) else None

    made = await awaited(request, newest, lambda row: row is not None, since=started)
    if made is not None:
        answer.content = msgspec.structs.replace(answer.content, recommendation_id=made.recommendation_id)
    return answer
