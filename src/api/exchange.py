"""What is known about one request while it is answered."""

from time import perf_counter
from typing import Any, Final, cast

from api import tracing
from api.call import Call
from api.exports.negotiation import Export
from application.caller import Caller
from application.idempotency import Idempotency

SCOPE_KEY: Final = "trimtab"


class Exchange:
    """The facts of one request that every layer shares; the edge makes it, admission fills it in."""

    __slots__ = (
        "applied_preferences",
        "bodiless",
        "bounded_elsewhere",
        "call",
        "caller",
        "correlation_id",
        "export",
        "headers",
        "https",
        "idempotency",
        "limits",
        "peer",
        "position",
        "request_id",
        "started",
        "traceparent",
        "varies",
    )

    def __init__(self, headers: dict[bytes, bytes], *, peer: str | None, https: bool) -> None:
        self.started = perf_counter()
        self.headers = headers
        self.peer = peer
        self.https = https
        self.request_id = tracing.accepted_id(headers.get(b"x-request-id")) or tracing.new_id()
        self.correlation_id = tracing.accepted_id(headers.get(b"x-correlation-id")) or self.request_id
        self.traceparent = tracing.traced(headers.get(b"traceparent"))
        self.caller: Caller | None = None
        self.idempotency: Idempotency | None = None
        self.position: int | None = None
        self.applied_preferences: list[str] = []
        self.export: Export | None = None
        self.varies = False
        self.bounded_elsewhere = False
        self.bodiless = False
        self.call: Call | None = None
        self.limits: list[tuple[bytes, bytes]] = []

    def header(self, name: bytes) -> str | None:
        """Return a request header by its lower-case name, decoded as Latin-1 and stripped."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1").strip()


def exchange_of(scope: Any) -> Exchange:
    """Return the exchange of an ASGI scope that came through the edge."""
    return cast("Exchange", scope[SCOPE_KEY])
