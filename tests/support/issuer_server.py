"""An identity provider on this machine: keys, discovery, tokens; it can be slow, wrong, or away."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

AUDIENCE = "trimtab"


class LocalIssuer:
    """An issuer with one signing key at a time; `pages` is what it serves, by path."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.add_key("first")
        self.serves("/.well-known/openid-configuration", {"issuer": self.address, "jwks_uri": self.jwks_uri})

    @property
    def jwks_uri(self) -> str:
        return f"{self.address}/keys"

    def add_key(self, kid: str, *, only: bool = False) -> None:
        """Sign with a new key from now on, beside those known or instead of them."""
        self._keys = {} if only else self._keys
        self._keys[kid] = ec.generate_private_key(ec.SECP256R1())
        self.publish()

    def publish(self) -> None:
        """Serve the key set."""
        self.serves("/keys", {"keys": [public_jwk(kid, key) for kid, key in self._keys.items()]})

    def serves(self, path: str, content: object, *, status: int = 200, **headers: str) -> None:
        """Answer a path with JSON, or with bytes as they are."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.pages[path] = status, headers, body

    def token(self, kid: str | None = None, **claims: Any) -> str:
        """Return a token of this issuer, valid for an hour."""
        kid = kid or [*self._keys][-1]
        expires = datetime.now(UTC) + timedelta(hours=1)
        payload = {"iss": self.address, "aud": AUDIENCE, "sub": "ann", "exp": expires, **claims}
        return jwt.encode(payload, self._keys[kid], algorithm="ES256", headers={"kid": kid})

    def run(self) -> None:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(issuer: "LocalIssuer") -> type[BaseHTTPRequestHandler]:  # noqa: N805 the class below has a self
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                status, headers, body = issuer.pages.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler


def public_jwk(kid: str, key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """Return the public half of a key as issuers publish it."""
    written: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**written, "kid": kid, "use": "sig", "alg": "ES256"}


@contextmanager
def a_local_issuer() -> Iterator[LocalIssuer]:
    """Run an issuer until the end of the block."""
    issuer = LocalIssuer()
    issuer.run()
    try:
        yield issuer
    finally:
        issuer.end()
