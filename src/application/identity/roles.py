"""What the members of a tenant may do, by their role."""

from collections.abc import Mapping
from typing import Final, Literal

from application.caller import ADMIN, SCOPES

Role = Literal["owner", "manager", "viewer"]

ROLE_SCOPES: Final[Mapping[Role, frozenset[str]]] = {
    "owner": SCOPES,
    "manager": SCOPES - {ADMIN},
    "viewer": frozenset({"portfolios:read", "analytics:read", "orders:read"}),
}
"""An owner also keeps members, keys and webhooks; a manager works with portfolios; a viewer changes nothing."""
