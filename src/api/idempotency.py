"""`Idempotency-Key`: the same request twice has one effect and one answer."""

import functools
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn, ParamSpec, TypeVar, cast
from urllib.parse import parse_qsl

from litestar.datastructures import UploadFile

from api.answers import JSON, POSITION, ApiResponse
from api.exports.negotiation import CSV
from api.problems import ParameterViolation, Problem, invalid
from api.request import ApiRequest
from application.idempotency import Idempotency, IdempotencyStore, StillRunning, StoredAnswer
from domain.errors import DomainError

P = ParamSpec("P")
R = TypeVar("R")
STORE: Final = "idempotency_store"
MARK: Final = "__idempotent__"
_KEY: Final = re.compile(rb"[\x21-\x7e]{1,255}")
_TAG_OF_NUMBER: Final = "\0"


def idempotent(
    *, unless: str | None = None
) -> Callable[[Callable[P, Awaitable[ApiResponse[R]]]], Callable[P, Awaitable[ApiResponse[R]]]]:
    """Mark a POST handler that takes `request: ApiRequest` as honouring `Idempotency-Key`.

    The handler hands `answer.keyed(request)` to the append that commits its events; what raises is not
    stored. `unless` names a boolean parameter of the handler (`dry_run`) with which the key is ignored. Goes
    below Litestar's decorator.
    """

    def mark(handler: Callable[P, Awaitable[ApiResponse[R]]]) -> Callable[P, Awaitable[ApiResponse[R]]]:
        @functools.wraps(handler)
        async def once(*args: P.args, **kwargs: P.kwargs) -> ApiResponse[R]:
            request = cast("ApiRequest", kwargs["request"])
            if b"idempotency-key" not in request.exchange.headers or (unless and kwargs.get(unless)):
                return await handler(*args, **kwargs)
            keyed = await _identify(request)
            store = cast("IdempotencyStore", request.app.state[STORE])
            return await _answered_once(store, keyed, request, lambda: handler(*args, **kwargs))

        setattr(once, MARK, True)
        return once

    return mark


async def _answered_once(
    store: IdempotencyStore,
    keyed: Idempotency,
    request: ApiRequest,
    run: Callable[[], Awaitable[ApiResponse[R]]],
) -> ApiResponse[R]:
    if stored := await store.lookup(keyed.tenant, keyed.route, keyed.key):
        return _replayed(stored, keyed)
    try:
        async with store.claim(keyed.tenant, keyed.route, keyed.key):
            if stored := await store.lookup(keyed.tenant, keyed.route, keyed.key):
                return _replayed(stored, keyed)
            request.exchange.idempotency = keyed
            return await _run_first(store, keyed, run)
    except StillRunning:
        _refuse_as_running(keyed)


async def _run_first(
    store: IdempotencyStore, keyed: Idempotency, run: Callable[[], Awaitable[ApiResponse[R]]]
) -> ApiResponse[R]:
    """Run the request; where an earlier try of itself came first after all, give the answer of that one.

    A claim ends with its process, but what the process asked of the database may still commit after that. The
    second try then loses the race, or is refused because of what the first one did.
    """
    try:
        return await run()
    except DomainError:
        if stored := await store.lookup(keyed.tenant, keyed.route, keyed.key):
            return _replayed(stored, keyed)
        raise


def _refuse_as_running(keyed: Idempotency) -> NoReturn:
    detail = f"The first request with Idempotency-Key {keyed.key!r} is still running."
    raise Problem("request_in_progress", detail, headers={"Retry-After": "1"}) from None


def _replayed(stored: StoredAnswer, keyed: Idempotency) -> ApiResponse[Any]:
    if stored.payload_hash != keyed.payload_hash:
        raise Problem(
            "idempotency_key_reused", f"Idempotency-Key {keyed.key!r} came before with another payload."
        )
    headers = {**stored.headers, "Idempotent-Replayed": "true"}
    if stored.position is not None:
        headers[POSITION] = str(stored.position)
    return ApiResponse(stored.body, status_code=stored.status, headers=headers, media_type=JSON)


async def _identify(request: ApiRequest) -> Idempotency:
    key = request.exchange.headers[b"idempotency-key"].strip()
    if not _KEY.fullmatch(key):
        detail = "Idempotency-Key takes 1 to 255 visible ASCII characters."
        raise invalid([ParameterViolation("Idempotency-Key", "malformed", detail)])
    scope = request.scope
    return Idempotency(
        tenant=request.caller.tenant,
        route=f"{scope['method']} {scope['path_template']}",
        key=key.decode("ascii"),
        payload_hash=await payload_hash(request),
    )


async def payload_hash(request: ApiRequest) -> bytes:
    """Return what makes two requests the same: path, query parameters and the content of the body.

    Key order and white space of JSON do not matter, nor does the boundary of a multipart upload.
    """
    digest = hashlib.sha256()
    query = sorted(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    _feed(digest, request.scope["path"].encode(), json.dumps(query).encode())
    if request.content_type[0].startswith("multipart/"):
        for name, value in sorted((await request.form()).multi_items(), key=lambda item: item[0]):
            await _feed_part(digest, name, value)
    elif request.content_type[0] == CSV:
        _feed(digest, hashlib.sha256(await request.body()).digest())
    else:
        _feed(digest, canonical_json(await request.body()))
    return digest.digest()


def canonical_json(body: bytes) -> bytes:
    """Return JSON with sorted keys and no white space; fractions keep every digit they were sent with."""
    if not body:
        return b""
    plain = json.loads(body, parse_float=lambda digits: _TAG_OF_NUMBER + digits)
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


async def _feed_part(digest: "hashlib._Hash", name: str, value: Any) -> None:
    if isinstance(value, UploadFile):
        content = await value.read()
        await value.seek(0)
        _feed(digest, name.encode(), value.filename.encode(), hashlib.sha256(content).digest())
    else:
        _feed(digest, name.encode(), b"", str(value).encode())


def _feed(digest: "hashlib._Hash", *values: bytes) -> None:
    for value in values:
        digest.update(len(value).to_bytes(8, "big"))
        digest.update(value)
