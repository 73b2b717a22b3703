"""Cross-origin requests (the Fetch standard's CORS): which pages elsewhere may use the API from a browser.

None may unless a setting names their origin. A listed one may send credentials, so there is no wildcard; a page
of another origin gets its answers without the headers that would let the browser hand them over.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

Headers = list[tuple[bytes, bytes]]
PREFLIGHT_SECONDS: Final = 600
_METHODS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_SENT: Final = (
    b"Authorization, X-API-Key, Content-Type, Accept, Idempotency-Key, If-Match, If-None-Match, Prefer, "
    b"Trimtab-Position, Last-Event-ID, X-Request-ID, X-Correlation-ID, traceparent"
)
_READABLE: Final = (
    b"ETag, Location, Trimtab-Position, Preference-Applied, Idempotent-Replayed, Content-Disposition, "
    b"X-Total-Count, X-Request-ID, X-Correlation-ID, Retry-After, WWW-Authenticate, RateLimit, RateLimit-Policy, "
    b"X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
)
_VARY: Final = (b"vary", b"Origin")


class Origins:
    """The origins whose pages may read answers."""

    def __init__(self, allowed: Iterable[str], public_url: str = "") -> None:
        self._allowed = frozenset(origin.encode() for origin in allowed)
        self._public_host = urlsplit(public_url).netloc.lower().encode()

    def is_ours(self, origin: bytes, host: bytes) -> bool:
        """Say whether a page is one of this service or of an allowed origin.

        The scheme is left out: a proxy that ends TLS changes it.
        """
        here = origin.partition(b"://")[2].lower()
        return origin in self._allowed or (bool(here) and here in (host.strip().lower(), self._public_host))

    def preflight(self, method: str, headers: dict[bytes, bytes]) -> Headers | None:
        """Return the headers that answer a browser's preflight; None for any other request."""
        if method != "OPTIONS" or b"origin" not in headers or b"access-control-request-method" not in headers:
            return None
        if headers[b"origin"] not in self._allowed:
            return []
        return [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _SENT),
            (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        ]

    def decorate(self, headers: Headers, sent: dict[bytes, bytes]) -> None:
        """Add to an answer what lets a listed page read it."""
        if not self._allowed:
            return
        headers.append(_VARY)
        if (origin := sent.get(b"origin")) in self._allowed and origin is not None:
            headers += [
                (b"access-control-allow-origin", origin),
                (b"access-control-allow-credentials", b"true"),
                (b"access-control-expose-headers", _READABLE),
            ]
