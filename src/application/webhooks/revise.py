"""Change an endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.caller import Caller
from application.webhooks.destination import Destinations
from application.webhooks.endpoints import Endpoint, Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseEndpoint:
    """Which fields become what; those that are absent stay."""

    caller: Caller
    endpoint_id: UUID
    changes: Mapping[str, Any]


async def revise_endpoint(
    command: ReviseEndpoint, *, webhooks: Webhooks, destinations: Destinations
) -> Endpoint:
    """Change an endpoint; a new URL is looked at like that of a new one.

    Raises EndpointNotFound, DestinationRefused.
    """
    if not command.changes:
        return await webhooks.one(command.caller.tenant, command.endpoint_id)
    if "url" in command.changes:
        await webhooks.one(command.caller.tenant, command.endpoint_id)
        await destinations.addresses(destinations.read(command.changes["url"]))
    return await webhooks.change(command.caller, command.endpoint_id, command.changes)
