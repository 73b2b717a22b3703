"""The edge: one ASGI layer around everything else, the router included.

It gives each request its ids and trace context, turns away what no route should see, watches the time, answers
HEAD, preflights and `If-None-Match`, adds the headers every answer carries, and writes one metric and one log line.
One layer instead of five: each would cost a frame and a closure per request.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any, Final
from urllib.parse import quote

import structlog

from api.clock import RequestClock
from api.conditional import is_current
from api.cross_origin import Origins
from api.encoding import encode
from api.errors import PROBLEM_JSON, body_of
from api.exchange import SCOPE_KEY, Exchange
from api.gate import SAFE_METHODS, Gate
from api.metrics import RequestMetrics
from api.parts import HttpSettings
from api.problems import Problem, unavailable
from api.transport import Transport

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
_DROPPED_WITH_304: Final = frozenset({b"content-length", b"content-type"})
EVERY_ANSWER: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
]
NO_STORE: Final = (b"cache-control", b"no-store")
NO_FRAMES: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_SHOWN: Final = "/{}[]:@!$&'()*+,;=~"
_access = structlog.get_logger("trimtab.access")


class Edge:
    """The outermost layer of the API."""

    def __init__(self, app: App, settings: HttpSettings, metrics: RequestMetrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._transport = Transport(settings.trusted_proxies)
        self._origins = Origins(settings.cors_origins, settings.public_url)
        self._gate = Gate(settings, self._transport, self._origins)
        self._hsts = (b"strict-transport-security", f"max-age={settings.hsts_max_age}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = _headers(scope["headers"])
        exchange = Exchange(
            headers, peer=self._transport.peer(scope, headers), https=self._transport.is_https(scope, headers)
        )
        scope[SCOPE_KEY] = exchange
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            request_id=exchange.request_id, correlation_id=exchange.correlation_id
        )
        if scope["type"] == "http":
            await _Reply(self, exchange, scope, send).run(receive)
        else:
            await self._app(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, unless the gate turns the request away or a preflight is all it is."""
        exchange: Exchange = scope[SCOPE_KEY]
        if problem := self._gate.refusal(exchange, scope):
            await self.refuse(problem, exchange, scope, send)
        elif (preflight := self._origins.preflight(scope["method"], exchange.headers)) is not None:
            await send({"type": "http.response.start", "status": 204, "headers": preflight})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._app(scope, receive, send)

    def clock(self, exchange: Exchange, receive: Receive, overdue: Callable[[], None]) -> RequestClock:
        """Return what watches the time of one request."""
        settings = self._settings
        return RequestClock(
            exchange,
            receive,
            overdue,
            body_seconds=settings.body_seconds,
            answer_seconds=settings.answer_seconds,
        )

    def late(self, *, safe: bool) -> Problem:
        """Return the problem that stands in for an answer which did not come in time."""
        detail = f"The answer took longer than {self._settings.answer_seconds:g} s."
        still = " The request is still worked on; repeat it with its Idempotency-Key to learn how it ended."
        return unavailable(detail if safe else detail + still, retry_after=5)

    def decorate(self, headers: Headers, exchange: Exchange) -> None:
        """Add what every answer carries."""
        present = {name.lower() for name, _ in headers}
        headers += EVERY_ANSWER
        headers.append((b"x-request-id", exchange.request_id.encode()))
        if exchange.correlation_id is not exchange.request_id:
            headers.append((b"x-correlation-id", exchange.correlation_id.encode()))
        if b"cache-control" not in present:
            headers.append(NO_STORE)
        if b"content-security-policy" not in present:
            headers.append(NO_FRAMES)
        if exchange.varies:
            headers.append((b"vary", b"accept"))
        if exchange.applied_preferences:
            headers.append((b"preference-applied", ", ".join(exchange.applied_preferences).encode()))
        if exchange.limits:
            headers += exchange.limits
        if exchange.https:
            headers.append(self._hsts)
        self._origins.decorate(headers, exchange.headers)

    def record(self, exchange: Exchange, scope: Scope, method: str, status: int) -> None:
        """Write the metric and the log line of one request; neither has a body or a query value in it."""
        seconds = perf_counter() - exchange.started
        route = scope.get("path_template") or "unmatched"
        self._metrics.observe(method if method in _METHODS else "other", route, status, seconds)
        if self._settings.access_log:
            _access.info(
                "request",
                method=method,
                route=route,
                path=quote(scope["path"], safe=_SHOWN),  # decoded it may hold lines of its own
                status=status,
                milliseconds=round(seconds * 1000, 3),
                peer=exchange.peer,
                tenant=exchange.caller.tenant if exchange.caller else None,
            )

    async def refuse(self, problem: Problem, exchange: Exchange, scope: Scope, send: Send) -> None:
        """Send a problem that no route raised."""
        body = encode(body_of(problem, exchange, scope["path"], self._settings.public_url))
        headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        headers += [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": problem.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class _Reply:
    """One answer on its way out."""

    __slots__ = (
        "_bodiless", "_clock", "_edge", "_exchange", "_instead", "_late", "_method", "_scope", "_send", "_status",
        "_task",
    )  # fmt: skip

    def __init__(self, edge: Edge, exchange: Exchange, scope: Scope, send: Send) -> None:
        self._edge, self._exchange, self._scope, self._send = edge, exchange, scope, send
        self._method: str = scope["method"]
        self._bodiless = self._method == "HEAD"
        self._status = 500
        self._late = False
        self._instead: asyncio.Task[None] | None = None

    async def run(self, receive: Receive) -> None:
        if self._bodiless:
            # A copy: the server goes by its own scope to know that no body follows.
            self._scope = {**self._scope, "method": "GET"}
            self._exchange.bodiless = True
        self._task = asyncio.current_task()
        self._clock = self._edge.clock(self._exchange, receive, self._overdue)
        try:
            await self._answer()
        finally:
            self._clock.stop()
            self._count()
            self._edge.record(self._exchange, self._scope, self._method, self._status)

    async def _answer(self) -> None:
        try:
            await self._edge.answer(self._scope, self._clock.receive, self.send)
        except asyncio.CancelledError:
            if not self._late or self._task is None:
                raise
            self._task.uncancel()
        if self._instead is not None:
            await self._instead
        elif self._late:
            await self._send_late()

    def _overdue(self) -> None:
        self._late = True
        if self._method in SAFE_METHODS and self._task is not None:
            self._task.cancel()
        else:
            self._instead = asyncio.create_task(self._send_late())

    async def _send_late(self) -> None:
        problem = self._edge.late(safe=self._method in SAFE_METHODS)
        await self._edge.refuse(problem, self._exchange, self._scope, self._deliver)

    async def send(self, message: Message) -> None:
        """Pass on what the application answers; nobody waits any more for what comes too late."""
        if not self._late:
            await self._deliver(message)

    async def _deliver(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._clock.stop()
            self._start(message)
        elif self._bodiless and message["type"] == "http.response.body":
            if message.get("more_body"):
                return
            message["body"] = b""
        await self._send(message)

    def _start(self, message: Message) -> None:
        headers: Headers = list(message["headers"])
        self._status = message["status"]
        if self._status == 200 and self._scope["method"] == "GET" and self._matches(headers):
            self._status = message["status"] = 304
            self._bodiless = True
            headers = [header for header in headers if header[0].lower() not in _DROPPED_WITH_304]
        self._count()
        self._edge.decorate(headers, self._exchange)
        message["headers"] = headers

    def _count(self) -> None:
        """Count the call before its answer goes out, so that whoever has it can see it counted."""
        call, self._exchange.call = self._exchange.call, None
        if call is not None:
            call.ended(self._status)

    def _matches(self, headers: Headers) -> bool:
        wanted = self._exchange.headers.get(b"if-none-match")
        if wanted is None:
            return False
        tag = next((value for name, value in headers if name.lower() == b"etag"), None)
        return tag is not None and is_current(wanted.decode("latin-1").strip(), tag.decode("latin-1"))


def _headers(raw: Any) -> dict[bytes, bytes]:
    """Return the headers by lower-case name; lines of the same name are joined, as HTTP defines it."""
    headers = dict(raw)
    if len(headers) != len(raw):
        headers = {}
        for name, value in raw:
            headers[name] = headers[name] + b", " + value if name in headers else value
    return headers
