"""The gate: what is refused before the application sees a request, whatever its address.

Each rule looks at the head of the request alone, costs next to nothing and holds for every route, unknown ones
included.
"""

import re
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, Final

from api.cross_origin import Origins
from api.exchange import Exchange
from api.parts import HttpSettings
from api.problems import Problem
from api.transport import Transport

Scope = MutableMapping[str, Any]
ALLOWED_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED_METHODS: Final = frozenset({"TRACE", "CONNECT"})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST: Final = re.compile(
    rb"(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253}?)\.?)(?::[0-9]{1,5})?", re.IGNORECASE
)


class Gate:
    """Says why a request is turned away, if it is."""

    def __init__(self, settings: HttpSettings, transport: Transport, origins: Origins) -> None:
        self._settings = settings
        self._transport = transport
        self._origins = origins

    def refusal(self, exchange: Exchange, scope: Scope) -> Problem | None:
        """Return the problem that keeps a request out, or None."""
        return (
            self._plain_http(exchange, scope)
            or _method(scope)
            or self._host(exchange, scope)
            or _encoding(exchange)
            or self._foreign_cookie(exchange, scope)
        )

    def _plain_http(self, exchange: Exchange, scope: Scope) -> Problem | None:
        if not self._settings.require_https or exchange.https:
            return None
        if self._transport.is_direct_loopback(scope, exchange.headers):
            return None
        detail = "Use https:// for this address."
        return Problem("upgrade_required", detail, headers={"Upgrade": "TLS/1.2, HTTP/1.1"})

    def _host(self, exchange: Exchange, scope: Scope) -> Problem | None:
        sent = exchange.headers.get(b"host")
        if sent is None:
            return Problem("bad_request", "HTTP/1.1 needs the header Host.") if _needs_host(scope) else None
        name = host_name(sent)
        if name is None:
            return Problem("bad_request", "The header Host is not one host name with an optional port.")
        hosts = self._settings.hosts
        if hosts is None or name in hosts.names:
            return None
        direct = self._transport.is_direct_loopback(scope, exchange.headers)
        if (direct and _is_loopback(name)) or not (direct or hosts.everywhere):
            return None
        return Problem(
            "misdirected_request",
            f"This service does not answer for the host {name!r}: see TRIMTAB_ALLOWED_HOSTS.",
        )

    def _foreign_cookie(self, exchange: Exchange, scope: Scope) -> Problem | None:
        """Refuse a write with a cookie that a page of somebody else's site has the browser send."""
        headers = exchange.headers
        if b"cookie" not in headers or scope["method"] in SAFE_METHODS:
            return None
        origin = headers.get(b"origin")
        if origin is None or self._origins.is_ours(origin, headers.get(b"host", b"")):
            return None
        return Problem(
            "forbidden", "Cookies are taken from pages of this service and of TRIMTAB_CORS_ORIGINS only."
        )


def _method(scope: Scope) -> Problem | None:
    if scope["method"] not in _REFUSED_METHODS:
        return None
    allow = {"Allow": ", ".join(ALLOWED_METHODS)}
    return Problem("method_not_allowed", f"{scope['method']} is never taken.", headers=allow)


def _encoding(exchange: Exchange) -> Problem | None:
    sent = exchange.headers.get(b"content-encoding")
    if sent is None or sent.strip().lower() in (b"", b"identity"):
        return None
    return Problem(
        "unsupported_media_type",
        "Bodies are taken as they are: send no Content-Encoding.",
        headers={"Accept-Encoding": "identity"},
    )


@lru_cache(1024)
def host_name(sent: bytes) -> str | None:
    """Return the name in a Host header, in lower case and without port and brackets; None when it is none."""
    found = _HOST.fullmatch(sent.strip())
    return (found[1] or found[2]).decode("ascii").lower() if found else None


def _needs_host(scope: Scope) -> bool:
    return scope.get("http_version", "1.1") not in ("1.0", "0.9")


def _is_loopback(name: str) -> bool:
    return name in _LOOPBACK or name.endswith(".localhost")
