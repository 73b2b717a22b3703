"""The edge: one ASGI layer around everything else, the router included.

It gives each request its ids and trace context, refuses plain HTTP where HTTPS is required, answers HEAD and
`If-None-Match`, adds the headers every answer carries, and writes one metric and one log line.
One layer instead of five: each would cost a frame and a closure per request.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any, Final

import structlog

from api.conditional import is_current
from api.encoding import encode
from api.errors import PROBLEM_JSON, body_of
from api.exchange import SCOPE_KEY, Exchange
from api.metrics import RequestMetrics
from api.parts import HttpSettings
from api.problems import Problem
from api.transport import Transport

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
_DROPPED_WITH_304: Final = frozenset({b"content-length", b"content-type"})
_EVERY_ANSWER: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_NO_STORE: Final = (b"cache-control", b"no-store")
_NO_FRAMES: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_access = structlog.get_logger("trimtab.access")


class Edge:
    """The outermost layer of the API."""

    def __init__(self, app: App, settings: HttpSettings, metrics: RequestMetrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._transport = Transport(settings.trusted_proxies)
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
        """Let the application answer, unless the transport is refused."""
        exchange: Exchange = scope[SCOPE_KEY]
        if self._refuses_transport(exchange, scope):
            detail = "Use https:// for this address."
            problem = Problem("upgrade_required", detail, headers={"Upgrade": "TLS/1.2, HTTP/1.1"})
            await self._send_problem(problem, exchange, scope, send)
        else:
            await self._app(scope, receive, send)

    def decorate(self, headers: Headers, exchange: Exchange) -> None:
        """Add what every answer carries."""
        present = {name.lower() for name, _ in headers}
        headers += _EVERY_ANSWER
        headers.append((b"x-request-id", exchange.request_id.encode()))
        if exchange.correlation_id is not exchange.request_id:
            headers.append((b"x-correlation-id", exchange.correlation_id.encode()))
        if b"cache-control" not in present:
            headers.append(_NO_STORE)
        if b"content-security-policy" not in present:
            headers.append(_NO_FRAMES)
        if exchange.varies:
            headers.append((b"vary", b"accept"))
        if exchange.applied_preferences:
            headers.append((b"preference-applied", ", ".join(exchange.applied_preferences).encode()))
        if exchange.https:
            headers.append(self._hsts)

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
                path=scope["path"],
                status=status,
                milliseconds=round(seconds * 1000, 3),
                peer=exchange.peer,
                tenant=exchange.caller.tenant if exchange.caller else None,
            )

    def _refuses_transport(self, exchange: Exchange, scope: Scope) -> bool:
        required = self._settings.require_https and not exchange.https
        return required and not self._transport.is_direct_loopback(scope, exchange.headers)

    async def _send_problem(self, problem: Problem, exchange: Exchange, scope: Scope, send: Send) -> None:
        body = encode(body_of(problem, exchange, scope["path"], self._settings.public_url))
        headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        headers += [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": problem.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class _Reply:
    """One answer on its way out."""

    __slots__ = ("_bodiless", "_edge", "_exchange", "_method", "_path", "_scope", "_send", "_status")

    def __init__(self, edge: Edge, exchange: Exchange, scope: Scope, send: Send) -> None:
        self._edge, self._exchange, self._scope, self._send = edge, exchange, scope, send
        self._method: str = scope["method"]
        self._bodiless = self._method == "HEAD"
        self._status = 500

    async def run(self, receive: Receive) -> None:
        if self._bodiless:
            # A copy: the server goes by its own scope to know that no body follows.
            self._scope = {**self._scope, "method": "GET"}
        try:
            await self._edge.answer(self._scope, receive, self.send)
        finally:
            self._edge.record(self._exchange, self._scope, self._method, self._status)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
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
        self._edge.decorate(headers, self._exchange)
        message["headers"] = headers

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
