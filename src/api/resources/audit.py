"""The audit trail of a tenant."""

from datetime import date, datetime
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from litestar import Controller, get
from litestar.params import QueryParameter

from api.operation import operation
from api.problems import ParameterViolation, invalid
from api.request import ApiRequest
from api.resources.fields import LINE, LimitUsed, Offset, OffsetUsed, PageOf500, Total
from api.resources.moments import PATTERN, moment
from api.services import Service
from application.audit.trail import AuditTrail, TrailEntry, TrailFilter
from application.caller import ADMIN
from application.history.past import Moment, end_of
from domain.timeline import start_of

ENTRY: Final = {
    "id": "trail-1042",
    "at": "2026-03-26T08:00:00Z",
    "actor": "2f0c7d58-6a1e-4f0e-9a52-1d0c6b1f7a10",
    "action": "auth.signed_in",
    "subject": "session/0b6b5e0e-4f43-4b8e-8d75-6a4f1a1f0a55",
    "address": "203.0.113.7",
    "detail": None,
}
PAGE: Final = {"entries": [ENTRY], "total": 1, "limit": 100, "offset": 0}


def _exactly(what: str, example: str) -> Any:
    return QueryParameter(
        min_length=1,
        max_length=255,
        pattern=LINE,
        description=f"Only entries of this {what}, such as `{example}`.",
    )


Action: TypeAlias = Annotated[str | None, _exactly("action", "auth.signed_in")]
Actor: TypeAlias = Annotated[str | None, _exactly("actor", "key:<id>")]
Subject: TypeAlias = Annotated[str | None, _exactly("subject", "session/<id>")]
From: TypeAlias = Annotated[
    str | None,
    QueryParameter(name="from", pattern=PATTERN, description="Only entries at or after this date or time."),
]
To: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name="to", pattern=PATTERN, description="Only entries until this time, or the end of this date."
    ),
]


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done."""

    id: Annotated[
        str, msgspec.Meta(description="`trail-<n>`, or `event-<position>` for a decision in the event log.")
    ]
    at: Annotated[datetime, msgspec.Meta(description="When, UTC.")]
    actor: Annotated[
        str,
        msgspec.Meta(
            description="The id of a person, the subject of a token, `key:<id>`, or a part of the service."
        ),
    ]
    action: Annotated[
        str,
        msgspec.Meta(description="What was done: `auth.signed_in`, `key.used`, `recommendation.accepted`, …"),
    ]
    subject: Annotated[str | None, msgspec.Meta(description="What it was done to.")]
    address: Annotated[
        str | None, msgspec.Meta(description="Where the request came from; null once its person was erased.")
    ]
    detail: Annotated[dict[str, Any] | None, msgspec.Meta(description="More, depending on the action.")]


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the audit trail."""

    entries: Annotated[list[AuditEntry], msgspec.Meta(description="The newest first.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class AuditController(Controller):
    """Who did what."""

    path = "/v1/audit"
    tags = ("Audit",)

    @get(opt=operation(scope=ADMIN, example=PAGE, table="entries"))
    async def list_audit_entries(
        self,
        request: ApiRequest,
        audit_trail: Service[AuditTrail],
        action: Action = None,
        actor: Actor = None,
        subject: Subject = None,
        start: From = None,
        end: To = None,
        limit: PageOf500 = 100,
        offset: Offset = 0,
    ) -> AuditPage:
        """List what was done in this tenant, the newest first.

        Sign-ins, passwords, keys and their use, members, webhooks, tiers, exports, erasures; and from the event log
        which recommendations were accepted or declined, and which portfolios archived or brought back. Entries are
        never changed; the address goes when a person is erased.
        """
        wanted = _filter(action, actor, subject, start, end)
        found, total = await audit_trail.page(request.caller.tenant, wanted, limit=limit, offset=offset)
        return AuditPage(entries=[_entry(one) for one in found], total=total, limit=limit, offset=offset)


def _entry(one: TrailEntry) -> AuditEntry:
    return AuditEntry(
        id=one.id,
        at=one.at,
        actor=one.actor,
        action=one.action,
        subject=one.subject,
        address=one.address,
        detail=one.detail,
    )


def _filter(
    action: str | None, actor: str | None, subject: str | None, start: str | None, end: str | None
) -> TrailFilter:
    violations: list[ParameterViolation] = []
    first, last = moment("from", start, violations), moment("to", end, violations)
    if violations:
        raise invalid(violations)
    return TrailFilter(
        action=action,
        actor=actor,
        subject=subject,
        start=_start(first),
        end=None if last is None else end_of(last),
    )


def _start(first: Moment | None) -> datetime | None:
    return start_of(first) if isinstance(first, date) and not isinstance(first, datetime) else first
