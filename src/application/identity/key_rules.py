"""What an API key cannot be allowed: scopes that there are not, and addresses that are none."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from application.caller import SCOPES
from domain.errors import Violation
from domain.rules import each, gathered


def key_violations(scopes: Sequence[str] | None, addresses: Sequence[str] | None) -> Iterator[Violation]:
    """Yield which scopes and which addresses mean nothing; None is no wish."""
    return gathered(
        each(_unknown_scope, () if scopes is None else scopes, "scopes"),
        each(_no_network, () if addresses is None else addresses, "allowed_addresses"),
    )


def _unknown_scope(scope: str, path: str) -> Iterator[Violation]:
    if scope not in SCOPES:
        known = ", ".join(sorted(SCOPES))
        yield Violation(path, "unknown_scope", f"{scope!r} is not a scope; known: {known}")


def _no_network(text: str, path: str) -> Iterator[Violation]:
    try:
        ip_network(text)
    except ValueError as error:
        yield Violation(path, "malformed", str(error))
