"""The calls of the current month."""

from typing import Annotated, Final

import msgspec
from litestar import Controller, get

from api.operation import operation
from api.request import ApiRequest
from api.services import Service
from application.limits.usage import UsageReader
from application.tiers import Tier

EXAMPLE: Final = {"used": 47, "limit": 100, "tier": "free", "resetAt": 1748736000}


class UsageOfMonth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The calls of the current month, in UTC, against what the tier allows."""

    used: Annotated[int, msgspec.Meta(ge=0, description="Calls, those just answered included.")]
    limit: Annotated[int, msgspec.Meta(ge=0, description="Calls a month; null is unlimited.")] | None
    tier: Annotated[Tier, msgspec.Meta(description="The tier of the tenant.")]
    reset_at: Annotated[int, msgspec.Meta(description="The first second of the next month, in Unix seconds.")]


class UsageController(Controller):
    """What a tenant has used."""

    path = "/v1/usage"
    tags = ("Usage",)

    @get(opt=operation(errors=(503,), example=EXAMPLE))
    async def get_usage(self, request: ApiRequest, usage: Service[UsageReader]) -> UsageOfMonth:
        """Return the calls of the current month and how many the tier allows.

        A call is a request with a credential that no limit refused and that did not end in 5xx. Asking here, under
        /v1/auth and under /v1/billing is none.
        """
        found = await usage.of(request.caller.tenant)
        return UsageOfMonth(used=found.used, limit=found.limit, tier=found.tier, reset_at=found.reset_at)
