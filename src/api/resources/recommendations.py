"""The inbox of recommendations: reading, accepting, declining."""

from datetime import UTC, datetime
from time import monotonic
from typing import Annotated, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.answers import Answer, ApiResponse
from api.idempotency import idempotent
from api.operation import operation
from api.request import ApiRequest
from api.resources import recommendation_examples as examples
from api.resources.awaited import awaited
from api.resources.fields import Offset, PageOf200
from api.resources.late import look_twice
from api.resources.recommendation_bodies import (
    Acceptance,
    RecommendationBody,
    RecommendationPage,
    Refusal,
    Status,
)
from api.resources.recommendation_rendering import recommendation_body
from api.resources.recording import recorded
from api.services import Service
from application.ledger import Ledger
from application.recommendations.answer import AnswerRecommendation, answer_recommendation
from domain.portfolio import PortfolioNotFound
from domain.rebalancing import RecommendationNotFound
from projections.portfolios import PortfolioView
from projections.progress import Progress
from projections.recommendations import RecommendationRow, RecommendationView

WithStatus: TypeAlias = Annotated[Status | None, QueryParameter(description="Only those with this status.")]


TABLES: Final = ("recommendations", "recommendations.trades")


class RecommendationsOfPortfolioController(Controller):
    """Recommendations for one portfolio."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Rebalancing",)

    @get(
        "/recommendations",
        opt=operation(
            scope="portfolios:read", waits=True, example=examples.RECOMMENDATION_PAGE, table=TABLES
        ),
    )
    async def list_portfolio_recommendations(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
        recommendations: Service[RecommendationView],
        status: WithStatus = None,
        limit: PageOf200 = 50,
        offset: Offset = 0,
    ) -> RecommendationPage:
        """List the recommendations made for a portfolio, the newest first.

        `Prefer: wait=N` waits up to N seconds, 30 at most, while there is none to list.
        """
        if await portfolios.portfolio(request.caller.tenant, portfolio_id) is None:
            raise PortfolioNotFound(portfolio_id)
        return await awaited(
            request,
            lambda: _page(request, recommendations, portfolio_id, status, limit, offset),
            lambda page: page.total > 0,
            since=monotonic(),
        )


class RecommendationController(Controller):
    """Recommendations of all portfolios."""

    path = "/v1/recommendations"
    tags = ("Rebalancing",)

    @get(opt=operation(scope="portfolios:read", example=examples.RECOMMENDATION_PAGE, table=TABLES))
    async def list_recommendations(
        self,
        request: ApiRequest,
        recommendations: Service[RecommendationView],
        status: WithStatus = None,
        limit: PageOf200 = 50,
        offset: Offset = 0,
    ) -> RecommendationPage:
        """List the recommendations made for all portfolios, the newest first."""
        return await _page(request, recommendations, None, status, limit, offset)

    @get(
        "/{recommendation_id:uuid}",
        opt=operation(
            scope="portfolios:read", example=examples.RECOMMENDATION, table=("trades", "before", "after")
        ),
    )
    async def read_recommendation(
        self,
        request: ApiRequest,
        recommendation_id: FromPath[UUID],
        recommendations: Service[RecommendationView],
        progress: Service[Progress],
    ) -> RecommendationBody:
        """Read a recommendation."""
        return recommendation_body(await _one(request, recommendations, progress, recommendation_id))

    @post(
        "/{recommendation_id:uuid}/accept",
        status_code=200,
        opt=operation(
            scope="rebalance:decide",
            settles=True,
            examples=examples.ACCEPTANCES,
            example=examples.RECOMMENDATION,
        ),
    )
    @idempotent()
    async def accept_recommendation(
        self,
        request: ApiRequest,
        recommendation_id: FromPath[UUID],
        ledger: Service[Ledger],
        recommendations: Service[RecommendationView],
        progress: Service[Progress],
        data: JSONBody[Acceptance | None] = None,
    ) -> ApiResponse[RecommendationBody]:
        """Accept a recommendation; placing the orders is up to you. Refused with 409 unless it is open."""
        row = await _one(request, recommendations, progress, recommendation_id)
        note = data.note if data is not None else None
        return await _answered(request, row, ledger, accept=True, reason=note)

    @post(
        "/{recommendation_id:uuid}/decline",
        status_code=200,
        opt=operation(
            scope="rebalance:decide",
            settles=True,
            examples=examples.REFUSALS,
            example=examples.RECOMMENDATION,
        ),
    )
    @idempotent()
    async def decline_recommendation(
        self,
        request: ApiRequest,
        recommendation_id: FromPath[UUID],
        data: JSONBody[Refusal],
        ledger: Service[Ledger],
        recommendations: Service[RecommendationView],
        progress: Service[Progress],
    ) -> ApiResponse[RecommendationBody]:
        """Decline a recommendation; the same state is not recommended again. Refused with 409 unless it is open."""
        row = await _one(request, recommendations, progress, recommendation_id)
        return await _answered(request, row, ledger, accept=False, reason=data.reason)


async def _page(
    request: ApiRequest,
    recommendations: RecommendationView,
    portfolio_id: UUID | None,
    status: Status | None,
    limit: int,
    offset: int,
) -> RecommendationPage:
    rows, total = await recommendations.page(
        request.caller.tenant, portfolio_id=portfolio_id, status=status, limit=limit, offset=offset
    )
    now = datetime.now(UTC)
    found = [recommendation_body(row, now) for row in rows]
    return RecommendationPage(recommendations=found, total=total, limit=limit, offset=offset)


async def _one(
    request: ApiRequest, recommendations: RecommendationView, progress: Progress, recommendation_id: UUID
) -> RecommendationRow:
    row = await look_twice(
        request, progress, lambda: recommendations.one(request.caller.tenant, recommendation_id)
    )
    if row is None:
        raise RecommendationNotFound(recommendation_id)
    return row


async def _answered(
    request: ApiRequest, row: RecommendationRow, ledger: Ledger, *, accept: bool, reason: str | None
) -> ApiResponse[RecommendationBody]:
    caller = request.caller
    command = AnswerRecommendation(
        caller=caller,
        portfolio_id=row.portfolio_id,
        recommendation_id=row.recommendation_id,
        accept=accept,
        reason=reason,
    )
    now = datetime.now(UTC)
    decided = msgspec.structs.replace(
        row,
        status="accepted" if accept else "declined",
        decided_at=now,
        decided_by=caller.actor,
        reason=reason,
    )

    def shape(_: int) -> Answer[RecommendationBody]:
        return Answer(recommendation_body(decided, now))

    return await recorded(
        request,
        lambda remember: answer_recommendation(command, ledger=ledger, remember=remember),
        shape,
    )
