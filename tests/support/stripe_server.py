"""A server that speaks Stripe's HTTP for the calls that we make, and events signed as Stripe signs them."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import stripe

SECRET_KEY = "sk_test_of_the_tests"
WEBHOOK_SECRET = "whsec_of_the_tests"
Answer = tuple[int, dict[str, Any]]


@dataclass
class StripeServer:
    """What Stripe was asked, and what it answers next.

    `failures` are statuses that the next requests are answered with, one each; 0 closes the connection. `pages` is
    where the pages are.
    """

    key: str = SECRET_KEY
    url: str = ""
    pages: str | None = "https://checkout.stripe.com/c/pay/"
    requests: list[dict[str, Any]] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    _answers: dict[str, tuple[dict[str, str], Answer]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def sessions(self) -> int:
        """How many pages were really opened."""
        return sum(answer[0] == 200 for _, answer in self._answers.values())

    def answer(self, path: str, headers: Mapping[str, str], sent: dict[str, str]) -> Answer | None:
        """Return what Stripe says to a request, None where it says nothing at all."""
        self.requests.append({"path": path, "headers": dict(headers), "sent": sent})
        if self.failures and (status := self.failures.pop(0)) != 200:
            return (status, a_failure("api_error", f"Failed with {self.key}.")) if status else None
        if headers.get("Authorization") != f"Bearer {self.key}":
            return 401, a_failure("invalid_request_error", "Invalid API Key provided: sk_test_*****ests")
        if path != "/v1/checkout/sessions":
            return 404, a_failure("invalid_request_error", "Unrecognized request URL")
        return self._once(headers.get("Idempotency-Key", ""), sent)

    def _once(self, key: str, sent: dict[str, str]) -> Answer:
        before = self._answers.get(key)
        if before is None:
            before = self._answers[key] = sent, self._session(sent)
        if before[0] != sent:
            return 400, a_failure("idempotency_error", "Keys for idempotent requests can only be used once.")
        return before[1]

    def _session(self, sent: dict[str, str]) -> Answer:
        wanted = {"mode", "success_url", "line_items[0][price]", "line_items[0][quantity]"}
        if missing := wanted - sent.keys():
            return 400, a_failure("invalid_request_error", f"Missing required param: {sorted(missing)[0]}.")
        if not sent["line_items[0][price]"].startswith("price_"):
            return 400, a_failure("invalid_request_error", "No such price")
        name = f"cs_test_{next(self._numbers)}"
        return 200, {
            "id": name,
            "object": "checkout.session",
            "url": self.pages and self.pages + name,
        }


def a_failure(kind: str, message: str) -> dict[str, Any]:
    """An error as Stripe words it."""
    return {"error": {"type": kind, "message": message}}


@contextmanager
def a_stripe_server() -> Iterator[StripeServer]:
    """Run one until the end of the block."""
    known = StripeServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            answer = known.answer(
                self.path, dict(self.headers), dict(parse_qsl(body, keep_blank_values=True))
            )
            if answer is None:
                self.close_connection = True
                return
            status, content = answer[0], json.dumps(answer[1]).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Request-Id", f"req_{len(known.requests)}")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    known.url = f"http://127.0.0.1:{server.server_address[1]}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    try:
        yield known
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


_events = count(1)


def an_event(
    kind: str = "created",
    *,
    tenant: str | None = "acme",
    tier: str | None = "pro",
    at: int = 1_800_000_000,
    subscription: str = "sub_1",
    status: str | None = None,
    began: int | None = None,
    event: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An event about a subscription, `kind` being the last part of its type; another one each time without `event`."""
    named = {"tenant_id": tenant, "tier": tier}
    said: dict[str, Any] = {
        "id": subscription,
        "object": "subscription",
        "status": status or ("canceled" if kind == "deleted" else "active"),
        "metadata": {name: value for name, value in named.items() if value is not None},
    }
    if began is not None:
        said["created"] = began
    return {
        "id": event or f"evt_{next(_events)}",
        "object": "event",
        "type": f"customer.subscription.{kind}",
        "created": at,
        "data": {"object": {**said, **more}},
    }


def signed(
    event: object, *, secret: str = WEBHOOK_SECRET, ago: int = 0, body: bytes | None = None
) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a delivery that was signed `ago` seconds ago."""
    sent = json.dumps(event).encode() if body is None else body
    signature = stripe.WebhookSignature.generate_signature_header(
        sent.decode(), secret, timestamp=int(time.time()) - ago
    )
    return sent, {"stripe-signature": signature, "content-type": "application/json"}
