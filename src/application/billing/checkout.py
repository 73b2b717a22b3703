"""Opening a page on which a tenant subscribes to a tier."""

from dataclasses import dataclass
from hashlib import sha256

from application.billing.ports import Checkouts, Order
from application.caller import Caller
from application.tiers import PaidTier
from domain.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCheckout:
    """`tenant` has to be the caller's own; `idempotency_key` is the client's, where it sent one."""

    caller: Caller
    tenant: str
    tier: PaidTier
    idempotency_key: str | None = None


async def start_checkout(command: StartCheckout, *, checkouts: Checkouts) -> str:
    """Return the address of the page; raises NotFound for a tenant that is not the caller's, and what `open` raises."""
    if command.tenant != command.caller.tenant:
        raise NotFound("There is no such tenant.", field="tenantId")
    order = Order(tenant=command.tenant, tier=command.tier, once=_named(command))
    return await checkouts.open(order)


def _named(command: StartCheckout) -> str | None:
    """Return a name for the request that is no other tenant's; clients choose keys such as `1`."""
    if command.idempotency_key is None:
        return None
    return sha256(f"{command.tenant}\x1f{command.idempotency_key}".encode()).hexdigest()
