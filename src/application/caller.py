"""Who is asking: the tenant, the actor and the rights behind one request."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

ADMIN: Final = "admin"
SCOPES: Final[frozenset[str]] = frozenset(
    {
        "portfolios:read",
        "portfolios:write",
        "positions:import",
        "rebalance:decide",
        "analytics:read",
        "market:write",
        "optimize",
        "orders:read",
        "orders:write",
        ADMIN,
    }
)
DEFAULT_SCOPES: Final[frozenset[str]] = SCOPES - {ADMIN}
"""What a token without a `scope` claim, or a key made without scopes, may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The authenticated origin of a command or a question; it goes into the envelope of every event.

    `actor` is the subject of a token or `key:<id>`; `correlation_id` stays the same along a whole chain of
    effects, `causation_id` names the message that led to this one; `traceparent` is a W3C trace context.
    `person`, `session` and `key` tell the credential where it is one of ours; `address` is where the request came from.
    `requests_per_minute` is the limit of the key's own, if it has one.
    """

    tenant: str
    actor: str
    scopes: frozenset[str]
    correlation_id: str
    causation_id: str | None
    traceparent: str | None
    person: UUID | None = None
    session: UUID | None = None
    key: UUID | None = None
    address: str | None = None
    requests_per_minute: int | None = None

    def may(self, scope: str) -> bool:
        """Say whether the caller holds `scope`."""
        return scope in self.scopes
