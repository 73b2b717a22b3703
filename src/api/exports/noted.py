"""Exports are noted in the audit trail: data that leaves as a file leaves a trace, and not without one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from application.audit.trail import ExportNotes
from application.caller import Caller

NOTES: Final = "export_notes"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedResponse:
    """A response that is sent once its export is noted; while that is not possible it is answered as a problem."""

    response: Any
    notes: ExportNotes
    caller: Caller
    subject: str
    detail: Mapping[str, object]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Note it and send it."""
        await self.notes.made(self.caller, self.subject, self.detail)
        await self.response(scope, receive, send)


def noted(request: Any, response: Any, detail: Mapping[str, object]) -> Any:
    """Return the response of an export with its note; of what nobody has to be known for, the response itself."""
    notes, caller = _notes(request), request.exchange.caller
    if notes is None or caller is None:
        return response
    return NotedResponse(
        response=response, notes=notes, caller=caller, subject=request.scope["path"], detail=detail
    )


async def note_export(request: Any, detail: Mapping[str, object]) -> None:
    """Note an export that its handler sends by itself; raises Unavailable."""
    if (notes := _notes(request)) is not None:
        await notes.made(request.caller, request.scope["path"], detail)


def _notes(request: Any) -> ExportNotes | None:
    return cast("ExportNotes | None", request.app.state.get(NOTES))
