"""Agents as callers: each acts for a tenant, because of a message."""

from application.caller import Caller
from application.inbox import Message


def acting(actor: str, message: Message, *, tenant: str | None = None) -> Caller:
    """Return an agent acting for the message's tenant, or for another one that the message concerns."""
    return Caller(
        tenant=tenant or message.tenant,
        actor=actor,
        scopes=frozenset(),
        correlation_id=message.correlation_id,
        causation_id=message.event_id,
        traceparent=message.traceparent,
    )
