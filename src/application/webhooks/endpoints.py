"""Endpoints and deliveries as their tenant sees them, and the port that keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol
from uuid import UUID

import msgspec

from application.caller import Caller
from application.ledger import Remember
from domain.errors import Conflict, NotFound

ENDPOINTS_MAX: Final = 20
Status = Literal["pending", "delivered", "failed"]
DisabledReason = Literal["failing", "gone"]


class EndpointNotFound(NotFound):
    """The tenant has no such endpoint."""

    def __init__(self, endpoint_id: UUID) -> None:
        super().__init__(f"There is no webhook {endpoint_id}.")


class DeliveryNotFound(NotFound):
    """The endpoint was sent no such delivery, or it is no longer in the log."""

    def __init__(self, delivery_id: UUID) -> None:
        super().__init__(f"There is no delivery {delivery_id} of this webhook.")


class TooManyEndpoints(Conflict):
    """The tenant has as many endpoints as anybody may have."""

    def __init__(self) -> None:
        super().__init__(f"A tenant has at most {ENDPOINTS_MAX} webhooks; delete one first.")


class EndpointInactive(Conflict):
    """Nothing is sent to the endpoint now."""

    def __init__(self, endpoint_id: UUID) -> None:
        super().__init__(f'The webhook {endpoint_id} is not active; PATCH {{"is_active": true}} first.')


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a tenant wants to be told, and of what; never its secret.

    failing_since : when the first attempt failed after the last that worked. previous_until : until when the secret
    before the present one signs as well.
    """

    endpoint_id: UUID
    url: str
    events: list[str]
    description: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime
    previous_until: datetime | None
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_reason: DisabledReason | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One request that was made; `error` is a code where no answer came, or one that is no success."""

    number: int
    at: datetime
    milliseconds: int
    status_code: int | None
    error: str | None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one endpoint, with every attempt to send it."""

    delivery_id: UUID
    endpoint_id: UUID
    event_id: str
    event_type: str
    status: Status
    created_at: datetime
    due_at: datetime
    delivered_at: datetime | None
    status_code: int | None
    error: str | None
    attempts: list[Attempt]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """An endpoint about to be kept."""

    endpoint_id: UUID
    url: str
    events: Sequence[str]
    description: str | None
    is_active: bool
    secret: bytes


class Webhooks(Protocol):
    """Keeps endpoints and what was sent to them; what is asked for and is not there raises a NotFound."""

    async def add(self, caller: Caller, new: NewEndpoint, remember: Remember[Endpoint]) -> Endpoint:
        """Keep a new endpoint; raises TooManyEndpoints."""

    async def change(self, caller: Caller, endpoint_id: UUID, changes: Mapping[str, Any]) -> Endpoint:
        """Change url, events, description or is_active; becoming active again forgets why it was disabled."""

    async def remove(self, caller: Caller, endpoint_id: UUID) -> None:
        """Forget an endpoint with everything that was sent to it."""

    async def rotate(
        self,
        caller: Caller,
        endpoint_id: UUID,
        secret: bytes,
        overlap: timedelta,
        remember: Remember[Endpoint],
    ) -> Endpoint:
        """Sign with a new secret, and until `overlap` from now with the one before it as well."""

    async def announce_test(
        self, caller: Caller, endpoint_id: UUID, event_id: UUID, body: bytes, remember: Remember[Delivery]
    ) -> Delivery:
        """Send a test event; raises EndpointInactive."""

    async def replay(
        self, caller: Caller, endpoint_id: UUID, delivery_id: UUID, remember: Remember[Delivery]
    ) -> Delivery:
        """Send a delivery again, under the same webhook-id; raises EndpointInactive."""

    async def page(self, tenant: str, *, limit: int, offset: int) -> tuple[list[Endpoint], int]:
        """Return a page of endpoints, the oldest first, and how many there are."""

    async def one(self, tenant: str, endpoint_id: UUID) -> Endpoint:
        """Return one endpoint."""

    async def deliveries(
        self, tenant: str, endpoint_id: UUID, *, status: Status | None, limit: int, offset: int
    ) -> tuple[list[Delivery], int]:
        """Return a page of what was sent to an endpoint, the newest first, and how many there are."""

    async def delivery(self, tenant: str, endpoint_id: UUID, delivery_id: UUID) -> Delivery:
        """Return one delivery."""
