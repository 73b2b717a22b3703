"""What a portfolio's returns owe to factors."""

from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.params import FromPath, QueryParameter

from api.answers import ApiResponse, reply
from api.operation import operation
from api.presence import while_present
from api.request import ApiRequest
from api.resources import attribution_examples as examples
from api.resources.attribution_bodies import PortfolioFactors
from api.resources.moments import AsOf, KnownAt, moments
from api.resources.refreshing import Refresh, refreshed
from api.services import Service
from application.calculations import Calculations
from application.factors.question import WINDOW, WINDOW_MAX, WINDOW_MIN, FactorsQuestion
from application.history.instants import last_instant
from application.ledger import Ledger
from domain.factors import FactorSnapshot
from domain.portfolio import PortfolioNotFound
from projections.analyses import AnalysisRow, AnalysisView
from projections.portfolios import PortfolioView

_SNAPSHOT: Final = msgspec.json.Decoder(FactorSnapshot)
Window: TypeAlias = Annotated[
    int,
    QueryParameter(ge=WINDOW_MIN, le=WINDOW_MAX, description="Daily returns looked back on at most."),
]


class FactorController(Controller):
    """Factor exposures of one portfolio."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Factors",)

    @get(
        "/factors",
        opt=operation(
            scope="portfolios:read",
            cost=2,
            headers=("ETag",),
            waits=True,
            errors=(409, 503),
            example=examples.FACTORS,
            table=("factors", "joint.loadings", "risk", "excluded", "data_quality", "."),
        ),
    )
    async def read_factors(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
        analyses: Service[AnalysisView],
        calculations: Service[Calculations],
        ledger: Service[Ledger],
        window: Window = WINDOW,
        refresh: Refresh = False,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ApiResponse[PortfolioFactors]:
        """Read the factor loadings of current holdings, each factor by itself and all at once.

        The newest figures of the risk agent; with `refresh` those that it computes now. Another window or moment is
        computed for this answer.
        """
        asked = moments(as_of, known_at)
        question = FactorsQuestion(
            portfolio_id=portfolio_id,
            window=window,
            as_of=last_instant(asked.as_of),
            known_at=last_instant(asked.known_at),
        )
        found = await _kept(request, question, analyses, ledger, refresh=refresh)
        if found is None:
            return reply(await _computed(request, calculations, question))
        row = await portfolios.portfolio(request.caller.tenant, portfolio_id)
        if row is None:
            raise PortfolioNotFound(portfolio_id)
        body = _body(portfolio_id, _SNAPSHOT.decode(found.content), found.computed_at)
        return reply(body, version=row.version, read_position=found.position)


async def _kept(
    request: ApiRequest,
    question: FactorsQuestion,
    analyses: AnalysisView,
    ledger: Ledger,
    *,
    refresh: bool,
) -> AnalysisRow | None:
    """Return what the agent keeps for the question, computed anew if asked; None where it keeps nothing."""
    if question != FactorsQuestion(portfolio_id=question.portfolio_id):
        return None

    async def look() -> AnalysisRow | None:
        return await analyses.latest(request.caller.tenant, question.portfolio_id, "factors")

    if not refresh:
        row = await look()
    else:
        row = await refreshed(request, question.portfolio_id, ["factors"], look, ledger=ledger)
    return row if row is not None and row.refusal is None else None


async def _computed(
    request: ApiRequest, calculations: Calculations, question: FactorsQuestion
) -> PortfolioFactors:
    work = calculations.run("factors", question, FactorSnapshot, tenant=request.caller.tenant)
    snapshot = await while_present(request, work)
    return _body(question.portfolio_id, snapshot, datetime.now(UTC))


def _body(portfolio_id: UUID, snapshot: FactorSnapshot, computed_at: datetime) -> PortfolioFactors:
    return PortfolioFactors(
        **msgspec.structs.asdict(snapshot), portfolio_id=portfolio_id, computed_at=computed_at
    )
