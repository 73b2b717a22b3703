"""What the endpoints of keys, tenants, members and invitations work with."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from application.identity.invitation_mail import InvitationMail
from application.identity.mails import Addresses
from bootstrap.settings import Settings
from infrastructure.identity.credentials import PostgresCredentials
from infrastructure.identity.invitations import PostgresInvitations
from infrastructure.identity.key_store import PostgresApiKeys
from infrastructure.identity.tenants import PostgresTenants
from infrastructure.mail.queue import MailQueue

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool


def tenant_services(
    connections: "AsyncConnectionPool[Any]", credentials: PostgresCredentials, settings: Settings
) -> Mapping[str, object]:
    """Return services by the names under which endpoints ask for them; a revoked key is forgotten here at once."""
    addresses = Addresses(api=(settings.public_url or "").rstrip("/"))
    mail = MailQueue(settings.signing_secret())
    return {
        "api_keys": PostgresApiKeys(connections, credentials.forget),
        "tenants": PostgresTenants(connections),
        "invitations": PostgresInvitations(connections, mail, InvitationMail(addresses)),
    }
