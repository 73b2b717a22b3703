"""The event history of a portfolio, paged or as JSON Lines."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeAlias, cast
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from api.answers import ApiResponse, reply
from api.encoding import encode
from api.exports.noted import note_export
from api.operation import operation
from api.problems import ParameterViolation, invalid
from api.request import ApiRequest
from api.resources import event_examples as examples
from api.resources.fields import LimitUsed, Offset, OffsetUsed, Total
from api.resources.moments import PATTERN, moment
from api.services import Service
from application.history.events import EventFilter, RecordedEvent
from application.history.past import History, Moment, end_of
from domain.portfolio import PortfolioNotFound
from domain.timeline import start_of
from projections.portfolios import PortfolioView
from projections.published.catalogue import CATALOGUE, UNPUBLISHED, published
from projections.published.envelope import Envelope

JSON_LINES: Final = "application/x-ndjson"
BATCH: Final = 500
KNOWN_TYPES: Final = {entry.event_type: entry.topic for entry in CATALOGUE} | {
    f"pm.{topic}.v1": topic for topic in sorted(UNPUBLISHED)
}

Types: TypeAlias = Annotated[
    list[str] | None,
    QueryParameter(
        name="type",
        description="Only events of this type, such as `pm.portfolio.registered.v1`; may be repeated.",
    ),
]
From: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name="from", pattern=PATTERN, description="Only events recorded at or after this date or time."
    ),
]
To: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name="to",
        pattern=PATTERN,
        description="Only events recorded until this time, or the end of this date.",
    ),
]


class HistoryEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a portfolio, its positions, its targets, its recommendations or its figures."""

    position: Annotated[
        int, msgspec.Meta(description="Place in the event store, by which events are ordered.")
    ]
    id: Annotated[UUID, msgspec.Meta(description="The event's own id.")]
    type: Annotated[str, msgspec.Meta(description="What happened; the same types are on the streams.")]
    portfolio_id: Annotated[UUID, msgspec.Meta(description="The portfolio it happened to.")]
    recorded_at: Annotated[datetime, msgspec.Meta(description="When it was recorded, UTC.")]
    effective_at: Annotated[datetime, msgspec.Meta(description="From when it holds, UTC.")]
    actor: Annotated[str, msgspec.Meta(description="Who caused it.")]
    correlation_id: Annotated[str, msgspec.Meta(description="The same along a chain of effects.")]
    causation_id: Annotated[str | None, msgspec.Meta(description="The message that led to it.")]
    data: Annotated[Any, msgspec.Meta(description="The content, by the schema at `/v1/schemas/<type>`.")]


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of events."""

    events: Annotated[list[HistoryEvent], msgspec.Meta(description="The oldest first.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class EventController(Controller):
    """The history of a portfolio."""

    path = "/v1/portfolios/{portfolio_id:uuid}/events"
    tags = ("History",)

    @get(
        opt=operation(
            scope="portfolios:read",
            media_types={JSON_LINES: HistoryEvent},
            example=examples.EVENT_PAGE,
            table="events",
        )
    )
    async def list_events(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
        history: Service[History],
        types: Types = None,
        start: From = None,
        end: To = None,
        limit: Annotated[
            int | None,
            QueryParameter(ge=1, le=1000, description="Events at most, 1 to 1000; 100 unless said."),
        ] = None,
        offset: Offset = 0,
    ) -> ApiResponse[EventPage]:
        """List the events of a portfolio, the oldest first.

        Everything that happened to it, the figures that were computed included; `type` picks among them.
        With `Accept: application/x-ndjson` every event is a line of its own, and without `limit` all of them come.
        """
        tenant, wanted = request.caller.tenant, _filter(types, start, end)
        if await portfolios.portfolio(tenant, portfolio_id) is None:
            raise PortfolioNotFound(portfolio_id)
        if request.best_form("application/json", JSON_LINES) == JSON_LINES:
            await note_export(request, {"format": "jsonl"})
            lines = _lines(history, tenant, portfolio_id, wanted, limit, offset)
            return cast("ApiResponse[EventPage]", Stream(lines, media_type=JSON_LINES))
        rows, total = await history.events(tenant, portfolio_id, wanted, limit=limit or 100, offset=offset)
        events = [history_event(portfolio_id, row) for row in rows]
        return reply(EventPage(events=events, total=total, limit=limit or 100, offset=offset))


def history_event(portfolio_id: UUID, event: RecordedEvent) -> HistoryEvent:
    """Return an event as it is published, or, where it is not, as it is stored."""
    kind = published(event.topic)
    content: Any = msgspec.Raw(event.state.encode())
    if kind is not None:
        content = kind.content(event.domain_event, cast("Envelope", event))
    return HistoryEvent(
        position=event.position,
        id=event.event_id,
        type=f"pm.{event.topic}.v1" if kind is None else kind.event_type,
        portfolio_id=portfolio_id,
        recorded_at=event.recorded_at,
        effective_at=event.effective_at,
        actor=event.actor,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        data=content,
    )


async def _lines(
    history: History, tenant: str, portfolio_id: UUID, wanted: EventFilter, limit: int | None, offset: int
) -> AsyncIterator[bytes]:
    """Yield events line by line; beyond the first batch the last position is the place to go on from."""
    after, left = 0, limit
    while left is None or left > 0:
        size = BATCH if left is None else min(BATCH, left)
        rows, _ = await history.events(tenant, portfolio_id, wanted, limit=size, offset=offset, after=after)
        for row in rows:
            yield encode(history_event(portfolio_id, row)) + b"\n"
        if len(rows) < size:
            return
        after, offset = rows[-1].position, 0
        left = None if left is None else left - size


def _filter(types: Sequence[str] | None, start: str | None, end: str | None) -> EventFilter:
    violations: list[ParameterViolation] = []
    topics = [topic for name in types or () if (topic := _topic(name, violations))]
    first, last = moment("from", start, violations), moment("to", end, violations)
    if violations:
        raise invalid(violations)
    return EventFilter(types=topics, start=_start(first), end=None if last is None else end_of(last))


def _topic(name: str, violations: list[ParameterViolation]) -> str | None:
    """Return the stored name of an event type, which is understood itself as well."""
    topic = KNOWN_TYPES.get(name) or (name if name in KNOWN_TYPES.values() else None)
    if topic is None:
        known = ", ".join(sorted(KNOWN_TYPES))
        violations.append(ParameterViolation("type", "unknown_value", f"`{name}` is none of {known}"))
    return topic


def _start(first: Moment | None) -> datetime | None:
    return start_of(first) if isinstance(first, date) and not isinstance(first, datetime) else first
