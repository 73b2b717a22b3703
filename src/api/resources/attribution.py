"""Where a portfolio's active return came from."""

from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.params import FromPath, QueryParameter

from api.answers import ApiResponse, reply
from api.operation import operation
from api.presence import while_present
from api.problems import ParameterViolation, invalid
from api.request import ApiRequest
from api.resources import attribution_examples as examples
from api.resources.asked_period import FromDay, ToDay, blaming_parameters, days_asked
from api.resources.attribution_bodies import PortfolioAttribution
from api.resources.moments import AsOf, KnownAt, moments
from api.resources.refreshing import Refresh, refreshed
from api.services import Service
from application.attribution.question import PERIOD, AttributionQuestion
from application.calculations import Calculations
from application.history.instants import last_instant
from application.ledger import Ledger
from domain.attribution import AttributionSnapshot, By, Linking
from domain.portfolio import PortfolioNotFound
from projections.analyses import AnalysisView, AttributionRow
from projections.portfolios import PortfolioView

CUSTOM: Final = "custom"
_SNAPSHOT: Final = msgspec.json.Decoder(AttributionSnapshot)

AskedPeriod: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=20,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="`ytd` (the default), `mtd`, `qtd`, `inception`, a length such as `3m` or `1y`, `2024`, "
        "`q1_2025`, `h1_2025`, `2024-03`, or `custom` with `from` and `to`. It ends with the newest day with prices.",
    ),
]
AskedBy: TypeAlias = Annotated[By, QueryParameter(description="What the buckets are.")]
AskedLinking: TypeAlias = Annotated[
    Linking,
    QueryParameter(
        description="How the effects of days add up: `carino`, `menchero`, `grap` and `frongello` leave no residual; "
        "`geometric` explains (1 + Rp)/(1 + Rb) − 1; `none` sums effects and active returns."
    ),
]


class AttributionController(Controller):
    """Attribution of one portfolio."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Attribution",)

    @get(
        "/attribution",
        opt=operation(
            scope="portfolios:read",
            cost=2,
            headers=("ETag",),
            waits=True,
            errors=(409, 503),
            example=examples.ATTRIBUTION,
            table=("attribution", "totals", "excluded", "data_quality", "."),
        ),
    )
    async def read_attribution(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
        analyses: Service[AnalysisView],
        calculations: Service[Calculations],
        ledger: Service[Ledger],
        period: AskedPeriod = None,
        first: FromDay = None,
        last: ToDay = None,
        by: AskedBy = "sector",
        linking: AskedLinking = "carino",
        refresh: Refresh = False,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ApiResponse[PortfolioAttribution]:
        """Attribute the active return of a period: Brinson-Fachler, day by day and linked.

        The newest figures of the attribution agent; with `refresh` those that it computes now. What it does not keep
        is computed for this answer. Needs a benchmark whose constituents are known.
        """
        asked = moments(as_of, known_at)
        question = _with_period(
            AttributionQuestion(
                portfolio_id=portfolio_id,
                by=by,
                linking=linking,
                as_of=last_instant(asked.as_of),
                known_at=last_instant(asked.known_at),
            ),
            period,
            first,
            last,
        )
        found = await _kept(request, question, analyses, ledger, refresh=refresh)
        if found is None:
            return reply(await _computed(request, calculations, question))
        row = await portfolios.portfolio(request.caller.tenant, portfolio_id)
        if row is None:
            raise PortfolioNotFound(portfolio_id)
        snapshot = _SNAPSHOT.decode(found.content)
        if snapshot.benchmark.ticker != row.benchmark_ticker:  # it was against another one
            return reply(await _computed(request, calculations, question))
        body = _body(portfolio_id, snapshot, found.computed_at)
        return reply(body, version=row.version, read_position=found.position)


def _with_period(
    question: AttributionQuestion, period: str | None, first: str | None, last: str | None
) -> AttributionQuestion:
    """Return the question with its period, by name or between two days; raises Problem (422)."""
    name = period.casefold() if period is not None else None
    start, end = days_asked(first, last, None if name == CUSTOM else name)
    if name == CUSTOM and start is None and end is None:
        raise invalid([ParameterViolation("from", "missing", "`period=custom` needs `from` or `to`")])
    between_days = start is not None or end is not None
    return msgspec.structs.replace(
        question, period=None if between_days else name or PERIOD, first=start, last=end
    )


async def _kept(
    request: ApiRequest,
    question: AttributionQuestion,
    analyses: AnalysisView,
    ledger: Ledger,
    *,
    refresh: bool,
) -> AttributionRow | None:
    """Return what the agent keeps for the question, computed anew if asked; None where it keeps nothing."""
    if question.as_of is not None or question.known_at is not None or question.period is None:
        return None
    default = AttributionQuestion(portfolio_id=question.portfolio_id)
    if not refresh and question != default:
        return None
    options = {"period": question.period, "by": question.by, "linking": question.linking}

    async def look() -> AttributionRow | None:
        return await analyses.attribution(request.caller.tenant, question.portfolio_id, **options)

    if not refresh:
        row = await look()
    else:
        row = await refreshed(
            request, question.portfolio_id, ["attribution"], look, ledger=ledger, options=options
        )
    return row if row is not None and row.refusal is None else None


async def _computed(
    request: ApiRequest, calculations: Calculations, question: AttributionQuestion
) -> PortfolioAttribution:
    work = calculations.run("attribution", question, AttributionSnapshot, tenant=request.caller.tenant)
    snapshot = await while_present(request, blaming_parameters(work))
    return _body(question.portfolio_id, snapshot, datetime.now(UTC))


def _body(portfolio_id: UUID, snapshot: AttributionSnapshot, computed_at: datetime) -> PortfolioAttribution:
    return PortfolioAttribution(
        **msgspec.structs.asdict(snapshot), portfolio_id=portfolio_id, computed_at=computed_at
    )
