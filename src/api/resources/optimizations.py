"""Optimisations: asking for one, following it, reading what came out, cancelling it."""

from time import monotonic
from typing import Annotated, Any, Final, TypeAlias, cast
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from api.answers import Answer, ApiResponse, reply
from api.exports.negotiation import JSON
from api.idempotency import idempotent
from api.operation import operation
from api.presence import while_present
from api.problems import Problem
from api.request import ApiRequest
from api.resources import optimization_examples as examples
from api.resources.awaited import awaited
from api.resources.fields import Offset, PageOf200
from api.resources.late import look_twice
from api.resources.optimization_bodies import (
    OptimizationBody,
    OptimizationPage,
    Status,
)
from api.resources.optimization_rendering import optimization_body, progress_body, requested_body
from api.resources.recording import recorded
from api.server_sent_events import EVENT_STREAM, ServerSentEvent, Told, event_stream, last_event_id
from api.services import Service
from api.settling import settled
from application.calculations import Calculations
from application.ledger import Ledger
from application.optimization.answer import Prepared
from application.optimization.cancel_job import CancelOptimization, cancel_optimization
from application.optimization.options import Method
from application.optimization.request import OptimizationRequest
from application.optimization.request_job import (
    RequestedOptimization,
    RequestOptimization,
    request_optimization,
)
from domain.optimization import OptimizationNotFound
from projections.optimizations import JobProgress, OptimizationRow, OptimizationView
from projections.progress import Progress

SCOPE: Final = "optimize"
READS_PORTFOLIOS: Final = "portfolios:read"
TASK: Final = "optimization.prepare"
PATH: Final = "/v1/optimizations"
TABLES: Final = (
    "results.weights",
    "comparison.ranking",
    "results.risk_contributions",
    "results.out_of_sample.splits",
    "assets",
    "dropped",
    "warnings",
)
WithStatus: TypeAlias = Annotated[Status | None, QueryParameter(description="Only those with this status.")]
WithMethod: TypeAlias = Annotated[
    Method | None, QueryParameter(description="Only those with this method among theirs.")
]
OfPortfolio: TypeAlias = Annotated[
    UUID | None, QueryParameter(description="Only those that were asked for this portfolio.")
]


class OptimizationController(Controller):
    """Optimisations as jobs."""

    path = PATH
    tags = ("Optimisation",)

    @post(
        status_code=202,
        opt=operation(
            scope=SCOPE,
            settles=True,
            headers=("Location",),
            large_body=True,
            examples=examples.REQUESTS,
            example=examples.QUEUED,
        ),
    )
    @idempotent()
    async def request_optimization(
        self,
        request: ApiRequest,
        data: JSONBody[OptimizationRequest],
        calculations: Service[Calculations],
        ledger: Service[Ledger],
        optimizations: Service[OptimizationView],
    ) -> ApiResponse[OptimizationBody]:
        """Ask for weights by up to twenty methods.

        What is wrong with the request or its figures is refused here, all of it at once; then the figures are kept, and
        an agent computes method by method. `Location` tells how far it has come, as JSON or as Server-Sent Events.
        `Prefer: wait=N` waits up to N seconds, 30 at most, for its end.
        """
        since = monotonic()
        if data.portfolio_id is not None and not request.caller.may(READS_PORTFOLIOS):
            raise Problem(
                "forbidden", f"What a portfolio holds takes the scope `{READS_PORTFOLIOS}` as well."
            )
        tenant = request.caller.tenant
        preparing = calculations.run(TASK, data, Prepared, tenant=tenant)
        prepared = await while_present(request, preparing)
        command = RequestOptimization(caller=request.caller, request=data, prepared=prepared)
        made: list[UUID] = []

        def shape(requested: RequestedOptimization) -> Answer[OptimizationBody]:
            made[:] = [requested.id]
            return Answer(requested_body(requested), status=202, location=f"{PATH}/{requested.id}")

        answer = await recorded(
            request, lambda remember: request_optimization(command, ledger=ledger, remember=remember), shape
        )
        if request.preferences.wait is not None and await _at_its_end(
            request, optimizations, made[0], since=since
        ):
            answer.content = optimization_body(await _one(request, optimizations, made[0]))
        return answer

    @get(opt=operation(scope=SCOPE, example=examples.PAGE, table="optimizations"))
    async def list_optimizations(
        self,
        request: ApiRequest,
        optimizations: Service[OptimizationView],
        status: WithStatus = None,
        method: WithMethod = None,
        portfolio_id: OfPortfolio = None,
        limit: PageOf200 = 50,
        offset: Offset = 0,
    ) -> OptimizationPage:
        """List optimisations, the newest first, without their results."""
        rows, total = await optimizations.page(
            request.caller.tenant,
            status=status,
            method=method,
            portfolio_id=portfolio_id,
            limit=limit,
            offset=offset,
        )
        found = [progress_body(row) for row in rows]
        return OptimizationPage(optimizations=found, total=total, limit=limit, offset=offset)

    @get(
        "/{optimization_id:uuid}",
        opt=operation(
            scope=SCOPE,
            headers=("ETag",),
            waits=True,
            media_types={EVENT_STREAM: ServerSentEvent},
            example=examples.COMPLETED,
            table=TABLES,
        ),
    )
    async def read_optimization(
        self,
        request: ApiRequest,
        optimization_id: FromPath[UUID],
        optimizations: Service[OptimizationView],
        progress: Service[Progress],
    ) -> ApiResponse[OptimizationBody]:
        """Read an optimisation with everything that came out so far.

        `Prefer: wait=N` waits up to N seconds, 30 at most, for its end. With `Accept: text/event-stream` it is followed
        as under `/events`.
        """
        request.exchange.varies = True
        await _known(request, optimizations, progress, optimization_id)
        if request.best_form(JSON, EVENT_STREAM) == EVENT_STREAM:
            return _followed(request, optimizations, optimization_id)
        if request.preferences.wait is not None:
            await _at_its_end(request, optimizations, optimization_id, since=monotonic())
        row = await _one(request, optimizations, optimization_id)
        return reply(optimization_body(row), version=row.version, read_position=row.position)

    @get(
        "/{optimization_id:uuid}/events",
        media_type=EVENT_STREAM,
        opt=operation(scope=SCOPE, also={204: None}, example=examples.EVENT),
    )
    async def follow_optimization(
        self,
        request: ApiRequest,
        optimization_id: FromPath[UUID],
        optimizations: Service[OptimizationView],
        progress: Service[Progress],
    ) -> ApiResponse[ServerSentEvent]:
        """Follow an optimisation as Server-Sent Events, to its end.

        `progress` events, at once and whenever a method is done, then `completed`, `failed` or `cancelled` as the last
        one. `data` is an entry of the list. With `Last-Event-ID` only what is newer is told; where the client has seen
        the end it is 204, after which browsers do not connect again.
        """
        row = await _known(request, optimizations, progress, optimization_id)
        if row.has_ended and last_event_id(request) >= row.position:
            return cast("ApiResponse[Any]", Response(None, status_code=204))
        return _followed(request, optimizations, optimization_id)

    @delete("/{optimization_id:uuid}", opt=operation(scope=SCOPE, settles=True, errors=(409,)))
    async def cancel_optimization(
        self, request: ApiRequest, optimization_id: FromPath[UUID], ledger: Service[Ledger]
    ) -> ApiResponse[None]:
        """Cancel an optimisation: what is computed for it is ended within a second, what is done can still be read.

        One that has come to its end is refused with 409; one that is cancelled stays so.
        """
        command = CancelOptimization(caller=request.caller, optimization_id=optimization_id)
        done = await cancel_optimization(command, ledger=ledger)
        return await settled(request, Answer(None, status=204), done.position)


def _followed(
    request: ApiRequest, optimizations: OptimizationView, optimization_id: UUID
) -> ApiResponse[Any]:
    async def look() -> Told | None:
        row = await optimizations.progress(request.caller.tenant, optimization_id)
        if row is None:
            return None
        event = row.status if row.has_ended else "progress"
        return Told(id=row.position, event=event, data=progress_body(row), ends=row.has_ended)

    return cast("ApiResponse[Any]", event_stream(request, look))


async def _known(
    request: ApiRequest, optimizations: OptimizationView, progress: Progress, optimization_id: UUID
) -> JobProgress:
    """Return how far a job has come, also one whose request did not wait until it is shown."""
    tenant = request.caller.tenant
    row = await look_twice(request, progress, lambda: optimizations.progress(tenant, optimization_id))
    if row is None:
        raise OptimizationNotFound(optimization_id)
    return row


async def _one(
    request: ApiRequest, optimizations: OptimizationView, optimization_id: UUID
) -> OptimizationRow:
    row = await optimizations.one(request.caller.tenant, optimization_id)
    if row is None:
        raise OptimizationNotFound(optimization_id)
    return row


async def _at_its_end(
    request: ApiRequest, optimizations: OptimizationView, optimization_id: UUID, *, since: float
) -> bool:
    """Wait for the end of a job as long as the client prefers, and say whether it is there."""
    row = await awaited(
        request,
        lambda: optimizations.progress(request.caller.tenant, optimization_id),
        lambda row: row is not None and row.has_ended,
        since=since,
    )
    return row is not None and row.has_ended
