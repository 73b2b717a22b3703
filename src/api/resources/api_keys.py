"""API keys: making, listing, rotating, revoking."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.answers import Answer, ApiResponse, reply
from api.idempotency import idempotent
from api.operation import operation
from api.request import ApiRequest
from api.resources import api_key_examples as examples
from api.resources.api_key_bodies import (
    ApiKeyBody,
    ApiKeyPage,
    CreateApiKey,
    RotateApiKey,
    api_key_body,
    new_key_body,
)
from api.resources.fields import Offset, PageOf200
from api.services import Service
from application.caller import ADMIN
from application.identity.keys import (
    ApiKeys,
    CreateKey,
    KeyNotFound,
    NewKey,
    create_key,
    revoke_key,
    rotate_key,
)
from application.ledger import Remember

PATH: Final = "/v1/api-keys"
Revoked: TypeAlias = Annotated[bool, QueryParameter(description="Show revoked keys as well.")]


class ApiKeyController(Controller):
    """API keys of the tenant."""

    path = PATH
    tags = ("API keys",)

    @post(
        status_code=201,
        opt=operation(
            scope=ADMIN, headers=("Location",), examples=examples.CREATIONS, example=examples.NEW_API_KEY
        ),
    )
    @idempotent()
    async def create_api_key(
        self, request: ApiRequest, data: JSONBody[CreateApiKey], api_keys: Service[ApiKeys]
    ) -> ApiResponse[ApiKeyBody]:
        """Make an API key.

        The answer is the only one that shows the key. It has no right that the credential of this request lacks
        (403), and `scopes` that do not exist are 422.
        """
        command = CreateKey(
            caller=request.caller,
            name=data.name,
            scopes=None if data.scopes is None else tuple(data.scopes),
            expires_at=data.expires_at,
            allowed_addresses=None if data.allowed_addresses is None else tuple(data.allowed_addresses),
            requests_per_minute=data.requests_per_minute,
        )
        made = await create_key(command, keys=api_keys, now=datetime.now(UTC), remember=_kept(request))
        return _answer(made).at(None)

    @get(opt=operation(scope=ADMIN, example=examples.API_KEY_PAGE))
    async def list_api_keys(
        self,
        request: ApiRequest,
        api_keys: Service[ApiKeys],
        revoked: Revoked = False,
        limit: PageOf200 = 50,
        offset: Offset = 0,
    ) -> ApiKeyPage:
        """List the API keys, the newest first; what they open with is never shown again."""
        found, total = await api_keys.page(request.caller.tenant, revoked=revoked, limit=limit, offset=offset)
        shown = [api_key_body(record) for record in found]
        return ApiKeyPage(api_keys=shown, total=total, limit=limit, offset=offset)

    @get("/{key_id:uuid}", opt=operation(scope=ADMIN, example=examples.API_KEY))
    async def read_api_key(
        self, request: ApiRequest, key_id: FromPath[UUID], api_keys: Service[ApiKeys]
    ) -> ApiResponse[ApiKeyBody]:
        """Read an API key; a revoked one is 404."""
        found = await api_keys.one(request.caller.tenant, key_id)
        if found is None:
            raise KeyNotFound(key_id)
        return reply(api_key_body(found))

    @delete("/{key_id:uuid}", opt=operation(scope=ADMIN))
    async def revoke_api_key(
        self, request: ApiRequest, key_id: FromPath[UUID], api_keys: Service[ApiKeys]
    ) -> ApiResponse[None]:
        """Revoke an API key: refused at once by the process that answers this, within 5 seconds by others."""
        await revoke_key(request.caller, key_id, keys=api_keys)
        return reply(None, status=204)

    @post(
        "/{key_id:uuid}/rotate",
        status_code=201,
        opt=operation(
            scope=ADMIN,
            headers=("Location",),
            errors=(409,),
            examples=examples.ROTATIONS,
            example=examples.NEW_API_KEY,
        ),
    )
    @idempotent()
    async def rotate_api_key(
        self,
        request: ApiRequest,
        key_id: FromPath[UUID],
        api_keys: Service[ApiKeys],
        data: JSONBody[RotateApiKey | None] = None,
    ) -> ApiResponse[ApiKeyBody]:
        """Replace an API key.

        The answer is a new key on the same terms, with an id of its own. The old one works `overlap_seconds`
        longer, by default not at all. Rotating takes every right that the key has (403).
        """
        made = await rotate_key(
            request.caller,
            key_id,
            overlap=timedelta(seconds=data.overlap_seconds if data is not None else 0),
            keys=api_keys,
            now=datetime.now(UTC),
            remember=_kept(request),
        )
        return _answer(made).at(None)


def _kept(request: ApiRequest) -> Remember[NewKey]:
    """Return what an `Idempotency-Key` replays of a new key: the same answer without the secret."""
    return lambda made: _answer(made).keyed(request)


def _answer(made: NewKey) -> Answer[ApiKeyBody]:
    return Answer(
        new_key_body(made),
        status=201,
        location=f"{PATH}/{made.record.id}",
        stored_body=api_key_body(made.record),
    )
