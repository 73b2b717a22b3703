"""What webhooks are made of: on the API's side, and in the process that sends them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from application.webhooks.destination import Destinations
from bootstrap.settings import Settings
from infrastructure.identity.sealing import Seal
from infrastructure.webhooks.endpoints import PostgresWebhooks
from infrastructure.webhooks.resolver import Resolver

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

PURPOSE: Final = b"webhooks"


def webhook_services(connections: "AsyncConnectionPool[Any]", settings: Settings) -> Mapping[str, object]:
    """Return services by the names under which endpoints ask for them."""
    return {
        "webhooks": PostgresWebhooks(connections, webhook_seal(settings)),
        "destinations": webhook_destinations(settings),
    }


def webhook_seal(settings: Settings) -> Seal:
    """Return what the secrets of endpoints are sealed with."""
    return Seal(settings.signing_secret(), PURPOSE)


def webhook_destinations(settings: Settings) -> Destinations:
    """Return where webhooks may go."""
    return Destinations(Resolver(), allow_loopback=settings.webhook_allow_loopback)
