"""Who acts in a test."""

from application.caller import SCOPES, Caller


def a_caller(tenant: str = "acme", *, actor: str = "tester", correlation_id: str = "c-1") -> Caller:
    """A caller with every right."""
    return Caller(
        tenant=tenant,
        actor=actor,
        scopes=frozenset(SCOPES),
        correlation_id=correlation_id,
        causation_id=None,
        traceparent=None,
    )
