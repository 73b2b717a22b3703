"""What an endpoint declares about itself: rights, answers and conventions it takes part in.

A handler is registered with `opt=operation(...)`; admission enforces the declaration and the OpenAPI
document is written from it, so what is documented is what happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from application.limits.rules import RateClass

OPERATION: Final = "operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """The declaration of one endpoint."""

    scope: str | None = None
    also_scope: str | None = None
    public: bool = False
    person: bool = False
    takes_token: bool = False
    takes_cookie: bool = False
    allowed: set[str] | None = None
    errors: frozenset[int] = frozenset()
    headers: tuple[str, ...] = ()
    if_match: bool = False
    settles: bool = False
    waits: bool = False
    also: Mapping[int, Any] = field(default_factory=dict)
    media_types: Mapping[str, Any] = field(default_factory=dict)
    examples: Mapping[str, Any] = field(default_factory=dict)
    example: Any = None
    tables: tuple[str, ...] = ()
    large_body: bool = False
    large_upload: bool = False
    body: Any = None
    upload: Any = None
    raw: Any = None
    rate: RateClass | Literal["none"] | None = None
    cost: int = 1
    account: str | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """Every right it needs."""
        return tuple(scope for scope in (self.scope, self.also_scope) if scope)


def operation(
    *,
    scope: str | None = None,
    also_scope: str | None = None,
    public: bool = False,
    person: bool = False,
    takes_token: bool = False,
    takes_cookie: bool = False,
    errors: tuple[int, ...] = (),
    headers: tuple[str, ...] = (),
    if_match: bool = False,
    settles: bool = False,
    waits: bool = False,
    also: Mapping[int, Any] | None = None,
    media_types: Mapping[str, Any] | None = None,
    examples: Mapping[str, Any] | None = None,
    example: Any = None,
    table: str | tuple[str, ...] = (),
    large_body: bool = False,
    large_upload: bool = False,
    body: Any = None,
    upload: Any = None,
    raw: Any = None,
    rate: RateClass | Literal["none"] | None = None,
    cost: int = 1,
    account: str | None = None,
) -> dict[str, Any]:
    """Return the `opt` of a handler.

    scope : the right it needs; None takes any known credential, `public` takes none at all.
    also_scope : a second right that it needs, where it reads one thing to do something with another.
    person : it is about who is signed in: a key, or a token of no person, gets nowhere.
    takes_token, takes_cookie : it is public, and looks at an access token, or at the cookie of a session, all the same.
    errors : statuses it can answer beyond those the conventions imply.
    headers : response headers of its success answer, names of `api.openapi.headers.HEADERS`.
    if_match : it honours If-Match (412, and ETag beside it).
    settles : it is a write: `Trimtab-Position` goes out and `Prefer: respond-async` is honoured.
    waits : it is a read that honours `Prefer: wait=N` for what is still being computed.
    also : further success statuses with their body types (None for an empty body).
    media_types : further media types of the success answer with their body types.
    examples : named example request bodies; `example` is one of the answer.
    table : what of the answer can be had as CSV and Excel: a field of its struct, a dotted path to inner items
        (one row each, with the plain values of what they are in), or `.` for the answer as one row. Of several
        the first is the CSV.
    large_body : it is sent whole series; the limit of calculations holds instead of that of other bodies.
    large_upload : it is sent market data; the limit of such files holds instead of that of other uploads.
    body, upload : the types of a JSON body and of a multipart one where it takes either, or CSV alone; its handler has
        no `data` and asks the request for what came.
    raw : the type of a JSON body that is signed as it stands, in the header `stripe-signature`: admission leaves it
        alone and its handler reads the bytes.
    rate : the class it is limited in, where its address does not say (`api.rates`); `none` is never limited.
    cost : how many calls of a minute it takes.
    account : it tries a password: the field of the body that says whose. It is refused while tries cannot be counted.
    """
    declared = Operation(
        scope=scope,
        also_scope=also_scope,
        public=public,
        person=person,
        takes_token=takes_token,
        takes_cookie=takes_cookie,
        errors=frozenset(errors),
        headers=headers,
        if_match=if_match,
        settles=settles,
        waits=waits,
        also=dict(also or {}),
        media_types=dict(media_types or {}),
        examples=dict(examples or {}),
        example=example,
        tables=(table,) if isinstance(table, str) else table,
        large_body=large_body,
        large_upload=large_upload,
        body=body,
        upload=upload,
        raw=raw,
        rate=rate,
        cost=cost,
        account=account,
    )
    return {OPERATION: declared}
