"""How a portfolio has performed."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter

from api.answers import ApiResponse, reply
from api.operation import operation
from api.presence import while_present
from api.request import ApiRequest
from api.resources import performance_examples as examples
from api.resources.asked_period import FromDay, PeriodName, ToDay, blaming_parameters, days_asked
from api.resources.moments import AsOf, KnownAt, moments
from api.services import Service
from application.calculations import Calculations
from application.history.instants import last_instant
from application.performance.answer import PortfolioPerformance
from application.performance.request import Frequency, PerformanceQuestion


class PerformanceController(Controller):
    """The performance of one portfolio."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Performance",)

    @get(
        "/performance",
        opt=operation(
            scope="portfolios:read",
            cost=2,
            errors=(503,),
            example=examples.PERFORMANCE,
            table=(
                "series",
                "summary",
                "drawdowns",
                "monthly",
                "rolling",
                "modified_dietz_periods",
                "excluded",
                "data_quality",
            ),
        ),
    )
    async def portfolio_performance(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        calculations: Service[Calculations],
        first: FromDay = None,
        last: ToDay = None,
        period: PeriodName = None,
        frequency: Annotated[
            Frequency,
            QueryParameter(
                description="Rows of the series and of the rolling figures; no figure depends on it."
            ),
        ] = "daily",
        window: Annotated[int, QueryParameter(ge=2, le=2520, description="Returns per rolling figure.")] = 63,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ApiResponse[PortfolioPerformance]:
        """Measure a portfolio over a period.

        Time-weighted and money-weighted returns, active return, volatility, ratios, drawdowns, months and rolling
        figures, from the value of what was held on each day. Without `from`, `to` and `period`: since inception.
        """
        start, end = days_asked(first, last, period)
        asked = moments(as_of, known_at)
        question = PerformanceQuestion(
            portfolio_id=portfolio_id,
            first=start,
            last=end,
            period=period,
            frequency=frequency,
            window=window,
            as_of=last_instant(asked.as_of),
            known_at=last_instant(asked.known_at),
        )
        work = calculations.run("performance", question, PortfolioPerformance, tenant=request.caller.tenant)
        return reply(await while_present(request, blaming_parameters(work)))
