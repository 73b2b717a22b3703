"""One POST to one checked address: no redirect, no proxy, no cookie, and nothing of the answer but its status."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Final

import httpx

from application.webhooks.addresses import Address
from application.webhooks.destination import Destination
from application.webhooks.schedule import retry_after

CONNECT_SECONDS: Final = 5.0
DRAIN_SECONDS: Final = 1.0
DRAIN_BYTES: Final = 16_384
ADDRESSES_TRIED: Final = 3
_ONE_CONNECTION: Final = httpx.Limits(max_connections=1, max_keepalive_connections=0)
_HEADERS: Final = {
    "content-type": "application/json",
    "user-agent": "Trimtab-Webhooks/1",
    "accept": "*/*",
    "connection": "close",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an attempt; `error` is None for a success and a code for anything else.

    The body of the answer is not kept: where a URL leads to something that it should not, the log would tell it.
    """

    status_code: int | None
    error: str | None
    milliseconds: int
    retry_after: timedelta | None = None


class Poster:
    """Sends bodies. `tls` says which certificates are trusted, `seconds` how long an attempt may take in all."""

    def __init__(self, tls: ssl.SSLContext, *, seconds: float) -> None:
        self._tls, self._seconds = tls, seconds

    async def post(
        self,
        destination: Destination,
        addresses: Sequence[Address],
        body: bytes,
        headers: Mapping[str, str],
    ) -> Outcome:
        """Send to the first address that takes a connection. Never raises for what the other side does."""
        started = perf_counter()
        deadline = asyncio.get_running_loop().time() + self._seconds
        request = _Request(destination=destination, body=body, headers=headers, deadline=deadline)
        try:
            answer = await self._first(request, addresses)
        except Exception as failure:
            return Outcome(status_code=None, error=_code(failure), milliseconds=_since(started))
        return _outcome(answer, _since(started))

    async def _first(self, request: "_Request", addresses: Sequence[Address]) -> httpx.Response:
        *others, last = addresses[:ADDRESSES_TRIED]
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._send(request, address)
        return await self._send(request, last)

    async def _send(self, request: "_Request", address: Address) -> httpx.Response:
        """Every attempt has a connection of its own: one that is kept belongs to an address, not to a name."""
        async with httpx.AsyncHTTPTransport(
            verify=self._tls, trust_env=False, limits=_ONE_CONNECTION
        ) as transport:
            async with asyncio.timeout_at(request.deadline):
                answer = await transport.handle_async_request(request.to(address))
            try:
                await _drain(answer)
            finally:
                await answer.aclose()
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What is sent wherever a connection is taken; `deadline` is a time of the event loop."""

    destination: Destination
    body: bytes
    headers: Mapping[str, str]
    deadline: float

    def to(self, address: Address) -> httpx.Request:
        """Return the request to the address itself; the name is in the Host header, in SNI, and on the certificate."""
        place = self.destination
        return httpx.Request(
            "POST",
            httpx.URL(
                scheme=place.scheme, host=str(address), port=place.port, raw_path=place.path.encode("ascii")
            ),
            headers={"host": place.authority, **_HEADERS, **self.headers},
            content=self.body,
            extensions={"sni_hostname": place.host, "timeout": {"connect": CONNECT_SECONDS}},
        )


async def _drain(answer: httpx.Response) -> None:
    """Let the other side finish a short answer; a long or slow one is cut off. What counts is the status."""
    read = 0
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for chunk in answer.stream:  # type: ignore[union-attr]
                read += len(chunk)
                if read >= DRAIN_BYTES:
                    return


def _outcome(answer: httpx.Response, milliseconds: int) -> Outcome:
    status = answer.status_code
    if 200 <= status < 300:
        return Outcome(status_code=status, error=None, milliseconds=milliseconds)
    return Outcome(
        status_code=status,
        error="redirect" if 300 <= status < 400 else "status",
        milliseconds=milliseconds,
        retry_after=retry_after(answer.headers.get("retry-after"), datetime.now(UTC)),
    )


def _code(failure: BaseException) -> str:
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls"
        cause = cause.__cause__ or cause.__context__
    if isinstance(failure, (TimeoutError, httpx.TimeoutException)):
        return "timeout"
    return "connect" if isinstance(failure, httpx.ConnectError) else "protocol"


def _since(started: float) -> int:
    return round((perf_counter() - started) * 1000)
