"""Connections that say who they are and never wait longer than their reader can bear."""

from typing import TypeAlias

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

Client: TypeAlias = Redis
SOCKET_TIMEOUT_SECONDS = 10.0
CONNECT_TIMEOUT_SECONDS = 3.0


def client(redis_url: str, process: str) -> Client:
    """Return a client named `trimtab-<process>` that answers bytes.

    It repeats nothing by itself: whoever uses it knows what may be repeated. A read that blocks must do so
    for far less than SOCKET_TIMEOUT_SECONDS, or the library gives up on an answer that is on its way.
    """
    return Redis.from_url(
        redis_url,
        client_name=f"trimtab-{process.replace(' ', '-')}",
        decode_responses=False,
        protocol=2,
        socket_timeout=SOCKET_TIMEOUT_SECONDS,
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
    )
