"""Requests that are repeated until they have an answer, as a careful client repeats them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.1
LOST_RACE = "Another change of the same thing came first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; a POST carries an Idempotency-Key, the same on every try."""

    method: str
    path: str
    json: Mapping[str, Any] | None = None
    file: bytes | None = None
    query: Mapping[str, str] | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer that counts; `in_doubt` says that an earlier try may have had its effect unseen.

    crashes : answers 500 on the way; whatever is away is a 503.
    """

    request: Request
    status: int
    body: Any
    tries: int
    in_doubt: bool
    crashes: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether the command took effect, by this try or an earlier one."""
        return self.status < 300 or (self.in_doubt and self.request.method == "DELETE" and self.status == 404)

    @property
    def codes(self) -> set[str]:
        """Return what was wrong, as codes."""
        body = self.body if isinstance(self.body, dict) else {}
        return {str(body.get("error")), *(str(one.get("code")) for one in body.get("errors") or ())}


class NoAnswer(AssertionError):
    """A request was repeated for long and never answered."""


async def ask(client: httpx.AsyncClient, request: Request) -> Answer:
    """Send the request until there is an answer that will not change by asking again.

    Raises NoAnswer after PATIENCE_SECONDS.
    """
    deadline, tries, in_doubt, last = monotonic() + PATIENCE_SECONDS, 0, False, ""
    crashes: list[str] = []
    while monotonic() < deadline:
        tries += 1
        try:
            response = await _send(client, request)
        except httpx.TransportError as failure:
            last, in_doubt = repr(failure), True
        else:
            if not _ask_again(response, request, in_doubt=in_doubt):
                body = _body(response)
                return Answer(
                    request=request,
                    status=response.status_code,
                    body=body,
                    tries=tries,
                    in_doubt=in_doubt,
                    crashes=tuple(crashes),
                )
            last = f"{response.status_code} {response.text[:300]}"
            in_doubt = in_doubt or response.status_code >= 500
            crashes += [last] if response.status_code == 500 else []
        await asyncio.sleep(PAUSE_SECONDS)
    raise NoAnswer(f"{request.method} {request.path} was tried {tries} times; at last {last}")


async def _send(client: httpx.AsyncClient, request: Request) -> httpx.Response:
    files = {"file": ("positions.csv", request.file)} if request.file is not None else None
    headers = {"Idempotency-Key": request.key} if request.key else None
    return await client.request(
        request.method, request.path, json=request.json, files=files, params=request.query, headers=headers
    )


def _ask_again(response: httpx.Response, request: Request, *, in_doubt: bool) -> bool:
    if response.status_code >= 500 or response.status_code == 429:
        return True
    if response.status_code != 409:
        return False
    body = _body(response)
    if body.get("error") == "request_in_progress" or LOST_RACE in str(body.get("detail")):
        return True
    # Without a key only the change itself can tell whether an earlier try made it, and archived it cannot.
    return in_doubt and request.key is None


def _body(response: httpx.Response) -> Any:
    try:
        return response.json() if response.content else {}
    except ValueError:
        return {"error": response.text[:300]}
