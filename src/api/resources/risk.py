"""Risk of portfolios, and of amounts and scenarios that a request names."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.answers import ApiResponse, reply
from api.operation import operation
from api.presence import while_present
from api.request import ApiRequest
from api.resources import risk_examples as examples
from api.resources.moments import AsOf, KnownAt, moments
from api.resources.refreshing import Refresh, refreshed
from api.resources.risk_bodies import AmountsAtRisk, PortfolioRisk
from api.resources.risk_rendering import amounts_at_risk, portfolio_risk
from api.services import Service
from application.calculations import Calculations
from application.history.past import Moment, end_of
from application.ledger import Ledger
from application.risk.questions import (
    WINDOW_MAX,
    RiskQuestion,
    StressAnswer,
    StressQuestion,
    ValueAtRiskAnswer,
    ValueAtRiskQuestion,
)
from domain.portfolio import PortfolioNotFound
from domain.risk import Method, RiskSnapshot
from projections.analyses import AnalysisRow, AnalysisView
from projections.portfolio_rows import PortfolioRow
from projections.portfolios import PortfolioView

_INSTANT: Final = timedelta(microseconds=1)
_SNAPSHOT: Final = msgspec.json.Decoder(RiskSnapshot)

AskedMethod: TypeAlias = Annotated[
    Method,
    QueryParameter(
        description=(
            "`historical` (interpolated quantile of the past), `parametric` (normal), `cornish_fisher` (corrected "
            "for skewness and kurtosis) or `monte_carlo` (simulated, the same for the same inputs)."
        )
    ),
]
Window: TypeAlias = Annotated[
    int, QueryParameter(ge=2, le=WINDOW_MAX, description="Daily returns looked back on at most.")
]


class PortfolioRiskController(Controller):
    """Risk of one portfolio."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Risk",)

    @get(
        "/risk",
        opt=operation(
            scope="portfolios:read",
            headers=("ETag",),
            waits=True,
            errors=(409,),
            example=examples.PORTFOLIO_RISK,
            table=(
                "risk.components",
                "risk.sector_exposure",
                "risk.correlation_matrix",
                "risk.liquidity.positions",
                "risk.excluded",
                "risk.data_quality",
                "risk",
            ),
        ),
    )
    async def read_risk(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
        analyses: Service[AnalysisView],
        calculations: Service[Calculations],
        ledger: Service[Ledger],
        refresh: Refresh = False,
        method: AskedMethod = "historical",
        window: Window = WINDOW_MAX,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ApiResponse[PortfolioRisk]:
        """Read the risk of current holdings.

        The newest figures of the risk agent; with `refresh` those that it computes now. Another method, window or
        moment is computed for this answer.
        """
        tenant = request.caller.tenant
        question = _question(portfolio_id, as_of, known_at, method=method, window=window)
        if question != RiskQuestion(portfolio_id=portfolio_id):
            return reply(await _computed(request, calculations, question))
        row = await _portfolio(portfolios, tenant, portfolio_id)
        newest = await _newest(request, portfolio_id, analyses, ledger, refresh=refresh)
        if newest is None:
            return reply(await _computed(request, calculations, question))
        body = portfolio_risk(portfolio_id, _SNAPSHOT.decode(newest.content), newest.computed_at)
        return reply(body, version=row.version, read_position=newest.position)


class RiskController(Controller):
    """Risk in amounts of money."""

    path = "/v1/risk"
    tags = ("Risk",)

    @get(
        "/portfolio/{portfolio_id:uuid}",
        opt=operation(
            scope="portfolios:read",
            headers=("ETag",),
            example=examples.AMOUNTS_AT_RISK,
            table=("sector_exposure", "correlation_matrix", "."),
        ),
    )
    async def read_amounts_at_risk(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
        analyses: Service[AnalysisView],
        calculations: Service[Calculations],
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ApiResponse[AmountsAtRisk]:
        """Read the risk of a portfolio as amounts of its currency; historical method, one day.

        The newest figures of the risk agent; those of another moment are computed for this answer.
        """
        question = _question(portfolio_id, as_of, known_at)
        if question != RiskQuestion(portfolio_id=portfolio_id):
            snapshot = await _measured(request, calculations, question)
            return reply(amounts_at_risk(portfolio_id, snapshot, datetime.now(UTC)))
        row = await _portfolio(portfolios, request.caller.tenant, portfolio_id)
        newest = await analyses.latest(request.caller.tenant, portfolio_id, "risk")
        if newest is None or newest.refusal is not None:
            snapshot = await _measured(request, calculations, question)
            return reply(amounts_at_risk(portfolio_id, snapshot, datetime.now(UTC)))
        body = amounts_at_risk(portfolio_id, _SNAPSHOT.decode(newest.content), newest.computed_at)
        return reply(body, version=row.version, read_position=newest.position)

    @post(
        "/var",
        status_code=200,
        opt=operation(
            scope="analytics:read",
            examples=examples.VALUE_AT_RISK_QUESTIONS,
            example=examples.VALUE_AT_RISK,
            table=("components", "."),
        ),
    )
    async def compute_value_at_risk(
        self, request: ApiRequest, data: JSONBody[ValueAtRiskQuestion], calculations: Service[Calculations]
    ) -> ApiResponse[ValueAtRiskAnswer]:
        """Compute value at risk of amounts in instruments, from their returns in market data."""
        work = calculations.run("risk.var", data, ValueAtRiskAnswer, tenant=request.caller.tenant)
        return reply(await while_present(request, work))

    @post(
        "/stress-test",
        status_code=200,
        opt=operation(
            scope="portfolios:read",
            errors=(404,),
            examples=examples.STRESS_QUESTIONS,
            example=examples.STRESS,
            table=("scenarios.by_position", "scenarios"),
        ),
    )
    async def stress_portfolio(
        self, request: ApiRequest, data: JSONBody[StressQuestion], calculations: Service[Calculations]
    ) -> ApiResponse[StressAnswer]:
        """Replay crises on what a portfolio holds, or try shocks of your own; losses are negative."""
        work = calculations.run("risk.stress", data, StressAnswer, tenant=request.caller.tenant)
        return reply(await while_present(request, work))


def _question(
    portfolio_id: UUID,
    as_of: str | None,
    known_at: str | None,
    *,
    method: Method = "historical",
    window: int = WINDOW_MAX,
) -> RiskQuestion:
    asked = moments(as_of, known_at)
    return RiskQuestion(
        portfolio_id=portfolio_id,
        method=method,
        window=window,
        as_of=_last_instant(asked.as_of),
        known_at=_last_instant(asked.known_at),
    )


async def _newest(
    request: ApiRequest, portfolio_id: UUID, analyses: AnalysisView, ledger: Ledger, *, refresh: bool
) -> AnalysisRow | None:
    """Return the agent's figures, None where there are none."""

    async def look() -> AnalysisRow | None:
        return await analyses.latest(request.caller.tenant, portfolio_id, "risk")

    row = await refreshed(request, portfolio_id, ["risk"], look, ledger=ledger) if refresh else await look()
    return row if row is not None and row.refusal is None else None


async def _computed(request: ApiRequest, calculations: Calculations, question: RiskQuestion) -> PortfolioRisk:
    snapshot = await _measured(request, calculations, question)
    return portfolio_risk(question.portfolio_id, snapshot, datetime.now(UTC))


async def _measured(request: ApiRequest, calculations: Calculations, question: RiskQuestion) -> RiskSnapshot:
    work = calculations.run("risk", question, RiskSnapshot, tenant=request.caller.tenant)
    return await while_present(request, work)


async def _portfolio(portfolios: PortfolioView, tenant: str, portfolio_id: UUID) -> PortfolioRow:
    row = await portfolios.portfolio(tenant, portfolio_id)
    if row is None:
        raise PortfolioNotFound(portfolio_id)
    return row


def _last_instant(moment: Moment | None) -> datetime | None:
    return None if moment is None else end_of(moment) - _INSTANT
