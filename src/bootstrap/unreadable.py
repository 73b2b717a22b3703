"""What is no HTTP at all never reaches the application; it is answered here, and like everything else."""

from api.encoding import encode
from api.errors import PROBLEM_JSON, body_of
from api.exchange import Exchange
from api.problems import Problem
from bootstrap.joined_writes import JoinedWrites

HEAD = "HTTP/1.1 400 Bad Request\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"


class HttpProtocol(JoinedWrites):
    """uvicorn's protocol, whose own refusal is plain text, with ours instead."""

    def send_400_response(self, msg: str) -> None:
        """Answer that the request cannot be read, and end the connection."""
        problem = Problem("bad_request", "The request is no valid HTTP.")
        body = encode(body_of(problem, Exchange({}, peer=None, https=False), "", ""))
        self.transport.write(HEAD.format(kind=PROBLEM_JSON, length=len(body)).encode() + body)
        self.transport.close()
