"""The report of a portfolio as a page to read and print."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from litestar import Controller, MediaType, get
from litestar.params import FromPath

from api.answers import ApiResponse
from api.exports.noted import note_export
from api.operation import operation
from api.presence import while_present
from api.request import ApiRequest
from api.resources.moments import AsOf, KnownAt, moments
from api.services import Service
from application.calculations import Calculations
from application.history.instants import last_instant
from application.history.past import Moment
from application.report.request import ReportPage, ReportTask

# The page has no script and loads nothing; the policy says so to whoever shows it.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {"Content-Security-Policy": POLICY}
EXAMPLE: Final = "<!doctype html>…"


class ReportController(Controller):
    """Reports."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Performance",)

    @get(
        "/report",
        media_type=MediaType.HTML,
        opt=operation(scope="portfolios:read", cost=10, errors=(503,), example=EXAMPLE),
    )
    async def read_report(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        calculations: Service[Calculations],
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ApiResponse[str]:
        """Return the report as HTML: one page without scripts that loads nothing, ready to be printed.

        Performance, drift, attribution, risk, factors and holdings of one day. A section that cannot be computed
        says why. The same data give the same bytes.
        """
        asked = moments(as_of, known_at)
        task = ReportTask(
            portfolio_id=portfolio_id,
            today=datetime.now(UTC).date(),
            as_of=_day(asked.as_of),
            known_at=last_instant(asked.known_at),
        )
        work = calculations.run("report", task, ReportPage, tenant=request.caller.tenant)
        page = await while_present(request, work)
        await note_export(request, {"format": "html"})
        return ApiResponse(page.html, media_type=MediaType.HTML, headers=dict(HEADERS))


def _day(moment: Moment | None) -> date | None:
    """Return the day of a moment: a report is of the end of a day."""
    return moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment
