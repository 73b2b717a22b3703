"""How requests authenticate, as the OpenAPI document describes it."""

from typing import Any, Final

from api.operation import Operation
from api.scopes import SCOPE_MEANINGS

Schema = dict[str, Any]
SIGNED_IN: Final = "accessToken"
_CREDENTIALS: Final = (SIGNED_IN, "bearerKey", "apiKey")
REFRESH_COOKIE: Final = "refreshCookie"
SIGNATURE: Final = "stripeSignature"

SCHEMES: Final[Schema] = {
    SIGNED_IN: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of `POST /v1/auth/login`, of `trimtab token` or of an issuer that the operator trusts.",
        "x-scopes": dict(SCOPE_MEANINGS),
    },
    "bearerKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "tt_live_…",
        "description": "An API key in the place of a token.",
        "x-scopes": dict(SCOPE_MEANINGS),
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key (`tt_live_…`). Together with a token it has to name the same tenant, and only the "
        "rights that both have apply.",
        "x-scopes": dict(SCOPE_MEANINGS),
    },
    REFRESH_COOKIE: {
        "type": "apiKey",
        "in": "cookie",
        "name": "trimtab_refresh",
        "description": "The refresh token of a session, which `POST /v1/auth/login` sets; it may come in the body "
        "instead.",
    },
    SIGNATURE: {
        "type": "apiKey",
        "in": "header",
        "name": "Stripe-Signature",
        "description": "The payment provider's signature of the raw body.",
    },
}
"""The security schemes by name."""


def requirements(declared: Operation) -> list[Schema]:
    """Return the security requirements of an operation: alternatives, each with the scopes it needs.

    OpenAPI 3.1 has scopes as roles in schemes other than OAuth too. An empty alternative is no credential at all.
    """
    if not declared.public:
        return [
            {scheme: [*declared.scopes]} for scheme in ((SIGNED_IN,) if declared.person else _CREDENTIALS)
        ]
    if declared.raw is not None:
        return [{SIGNATURE: []}]
    looked_at = ((SIGNED_IN, declared.takes_token), (REFRESH_COOKIE, declared.takes_cookie))
    ways: list[Schema] = [{scheme: []} for scheme, taken in looked_at if taken]
    return [*ways, {}] if ways else []
