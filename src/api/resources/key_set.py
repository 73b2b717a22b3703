"""The public keys of the service."""

from typing import Final

import msgspec
from litestar import Controller, get

from api.answers import ApiResponse, reply
from api.operation import operation
from api.resources import auth_examples as examples
from api.resources.auth_bodies import JsonWebKey, JsonWebKeySet
from api.services import Service
from application.identity.ports import SigningKeys

_CACHED: Final = {"Cache-Control": "public, max-age=300"}


class KeySetController(Controller):
    """The public keys of the service."""

    tags = ("Accounts",)

    @get("/.well-known/jwks.json", opt=operation(public=True, errors=(503,), example=examples.KEY_SET))
    async def list_public_keys(self, signing_keys: Service[SigningKeys]) -> ApiResponse[JsonWebKeySet]:
        """List the public keys that verify access tokens, for whoever wants to do so without asking."""
        keys = [msgspec.convert(key, JsonWebKey) for key in await signing_keys.public_keys()]
        return reply(JsonWebKeySet(keys=keys), headers=_CACHED)
