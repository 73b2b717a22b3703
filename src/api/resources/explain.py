"""Why a figure of a portfolio changed."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter

from api.answers import ApiResponse, reply
from api.operation import operation
from api.presence import while_present
from api.problems import ParameterViolation, invalid
from api.request import ApiRequest
from api.resources import explain_examples as examples
from api.resources.asked_period import FromDay, ToDay, blaming_parameters, days_asked
from api.resources.fields import LINE
from api.resources.moments import PATTERN, AsOf, KnownAt, moment, moments
from api.services import Service
from application.calculations import Calculations
from application.explain.answer import Explanation
from application.explain.request import ExplainQuestion, Metric
from application.history.instants import last_instant
from application.history.past import Moment
from domain.drift import AllocationType

OF_BUCKETS = frozenset({"weight", "drift"})


class ExplainController(Controller):
    """Explanations of one portfolio's figures."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Performance",)

    @get(
        "/explain",
        opt=operation(
            scope="portfolios:read",
            cost=5,
            errors=(503,),
            example=examples.EXPLANATION,
            table=("contributions", "positions", "data_quality"),
        ),
    )
    async def explain_change(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        calculations: Service[Calculations],
        metric: Annotated[Metric, QueryParameter(description="The figure to explain.")] = "total_value",
        first: FromDay = None,
        last: ToDay = None,
        allocation_type: Annotated[
            AllocationType | None,
            QueryParameter(description="What kind of bucket `bucket` is; of weight and drift only."),
        ] = None,
        bucket: Annotated[
            str | None,
            QueryParameter(
                min_length=1,
                max_length=200,
                pattern=LINE,
                description="Whose weight or drift; drift without one is the largest absolute drift.",
            ),
        ] = None,
        ticker: Annotated[
            str | None,
            QueryParameter(
                min_length=1,
                max_length=64,
                pattern=LINE,
                description="Short for `allocation_type=security` and `bucket`.",
            ),
        ] = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        from_known_at: Annotated[
            str | None,
            QueryParameter(
                pattern=PATTERN,
                description="Begin with the figure of the first day as it was known then, an ISO date (its end) or "
                "an RFC 3339 time; what was told of that day later is the first step, `data_corrections`.",
            ),
        ] = None,
    ) -> ApiResponse[Explanation]:
        """Explain a change by steps that add up to it without a residual.

        The figure is computed at staged states: corrected data, then prices, exchange rates, dividends, trades,
        transfers and flows; each step's contribution is the difference it makes.
        """
        start, end = days_asked(first, last)
        asked = moments(as_of, known_at)
        kind, name = _bucket(metric, allocation_type, bucket, ticker)
        question = ExplainQuestion(
            portfolio_id=portfolio_id,
            metric=metric,
            first=start,
            last=end,
            allocation_type=kind,
            bucket=name,
            as_of=last_instant(asked.as_of),
            known_at=last_instant(asked.known_at),
            from_known_at=last_instant(_then(from_known_at)),
        )
        work = calculations.run("explain", question, Explanation, tenant=request.caller.tenant)
        return reply(await while_present(request, blaming_parameters(work)))


def _then(from_known_at: str | None) -> Moment | None:
    """Return what was known when, of the first day; raises Problem (422) where it is no moment."""
    violations: list[ParameterViolation] = []
    then = moment("from_known_at", from_known_at, violations)
    if violations:
        raise invalid(violations)
    return then


def _bucket(
    metric: Metric, kind: AllocationType | None, bucket: str | None, ticker: str | None
) -> tuple[AllocationType | None, str | None]:
    """Return whose weight or drift is asked about; raises Problem (422) where that is not clear."""
    sent = {"allocation_type": kind, "bucket": bucket, "ticker": ticker}
    named = [name for name, value in sent.items() if value is not None]
    if metric not in OF_BUCKETS:
        _refuse(named, "not_applicable", f"{metric} is a figure of the whole portfolio.")
        return None, None
    if ticker is not None:
        _refuse([name for name in named if name != "ticker"], "conflicting", "A ticker says it all.")
        return "security", ticker
    if metric == "weight" and not named:
        _refuse(["bucket"], "missing", "Name a ticker, or allocation_type and bucket.")
    if named and len(named) < 2:
        other = "bucket" if bucket is None else "allocation_type"
        _refuse([other], "missing", f"`{named[0]}` needs `{other}` beside it.")
    return kind, bucket


def _refuse(names: list[str], code: str, detail: str) -> None:
    if names:
        raise invalid(ParameterViolation(name, code, detail) for name in names)
