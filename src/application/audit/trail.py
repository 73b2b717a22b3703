"""The audit trail of a tenant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import msgspec

from application.caller import Caller


class TrailEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done.

    id : `trail-<n>`, or `event-<position>` for a decision that the event log holds. address : where the request came
    from, where that is known and was not erased.
    """

    id: str
    at: datetime
    actor: str
    action: str
    subject: str | None
    address: str | None
    detail: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """Which entries are wanted; None is all. `end` is exclusive."""

    action: str | None = None
    actor: str | None = None
    subject: str | None = None
    start: datetime | None = None
    end: datetime | None = None


class AuditTrail(Protocol):
    """Reads the trail."""

    async def page(
        self, tenant: str, wanted: TrailFilter, *, limit: int, offset: int
    ) -> tuple[list[TrailEntry], int]:
        """Return entries, the newest first, and how many fit."""


class ExportNotes(Protocol):
    """Notes in the trail that data left the service."""

    async def made(self, caller: Caller, subject: str, detail: Mapping[str, object]) -> None:
        """Note an export, for good before it is sent; raises Unavailable."""
