"""Register an endpoint."""

from dataclasses import dataclass
from uuid import UUID

from application.caller import Caller
from application.ledger import Done, Remember, forget
from application.webhooks.destination import Destinations
from application.webhooks.endpoints import Endpoint, NewEndpoint, Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEndpoint:
    """Where to, of what, and the secret that will sign it."""

    caller: Caller
    endpoint_id: UUID
    url: str
    events: tuple[str, ...]
    description: str | None
    is_active: bool
    secret: bytes


async def register_endpoint(
    command: RegisterEndpoint,
    *,
    webhooks: Webhooks,
    destinations: Destinations,
    remember: Remember[Endpoint] = forget,
) -> Done[Endpoint]:
    """Keep an endpoint whose URL leads to the public internet; raises DestinationRefused, TooManyEndpoints.

    A name that has no address yet is taken: every attempt looks again.
    """
    await destinations.addresses(destinations.read(command.url))
    new = NewEndpoint(
        endpoint_id=command.endpoint_id,
        url=command.url,
        events=command.events,
        description=command.description,
        is_active=command.is_active,
        secret=command.secret,
    )
    return Done(result=await webhooks.add(command.caller, new, remember), position=None)
