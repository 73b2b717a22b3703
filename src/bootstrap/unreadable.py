"""What is no request, or not one to be taken, never reaches the application; it is answered here, and like all else."""

from typing import Final

from api.edge import EVERY_ANSWER, NO_FRAMES, NO_STORE
from api.encoding import encode
from api.errors import PROBLEM_JSON, body_of
from api.exchange import Exchange
from api.problems import Problem
from bootstrap.bounded_connection import BoundedConnection

_PHRASES: Final = {
    400: "Bad Request",
    408: "Request Timeout",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
}
_DETAILS: Final = {
    "bad_request": "The request is no valid HTTP.",
    "request_timeout": "The head of the request did not arrive in time.",
    "uri_too_long": f"An address has {BoundedConnection.URL_BYTES} bytes at most.",
    "header_fields_too_large": f"A request has {BoundedConnection.HEADERS} headers at most, "
    f"and they have {BoundedConnection.HEAD_BYTES} bytes at most.",
}


class HttpProtocol(BoundedConnection):
    """uvicorn's protocol, whose own refusal is plain text, with ours instead."""

    def send_400_response(self, msg: str) -> None:
        """Answer that the request cannot be taken, and end the connection."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False  # an earlier request is answered first, and nothing after it
            return
        self.transport.write(_refusal(self.refused or "bad_request"))
        self.transport.close()


def _refusal(code: str) -> bytes:
    problem = Problem(code, _DETAILS[code])
    exchange = Exchange({}, peer=None, https=False)
    body = encode(body_of(problem, exchange, "", ""))
    headers = [
        (b"content-type", PROBLEM_JSON.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-request-id", exchange.request_id.encode()),
        NO_STORE,
        NO_FRAMES,
        *EVERY_ANSWER,
    ]
    lines = (name + b": " + value for name, value in headers)
    start = f"HTTP/1.1 {problem.status} {_PHRASES[problem.status]}".encode()
    return b"\r\n".join((start, *lines, b"", body))
