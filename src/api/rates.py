"""How each route is counted, worked out once at start from its address and what it declares."""

from typing import Final, Literal

from api.operation import Operation
from application.limits.rules import Rate, RateClass

STRANGER: Final = Rate(rate_class="default", in_quota=False)
"""A request whose credential is missing or was not accepted: what it wanted does not matter."""
_AUTH: Final = ("/v1/auth/", "/v1/invitations/")
_COMPUTE: Final = (
    "/v1/analytics/",
    "/v1/risk/var",
    "/v1/risk/stress-test",
    "/v1/optimize-portfolio",
    "/v1/size-position",
    "/v1/factor-score",
    "/v1/stress-test",
    "/v1/optimizations",
)
_OUTSIDE_QUOTA: Final = ("/v1/auth/", "/v1/billing/", "/v1/usage/")


def rate_of(method: str, path: str, operation: Operation) -> Rate:
    """Return how requests of a method to a path are counted."""
    return Rate(
        rate_class=_declared(operation.rate) if operation.rate else _class_of(method, path, operation.public),
        cost=operation.cost,
        route=f"{method} {path}",
        account=operation.account,
        in_quota=not (operation.public or f"{path}/".startswith(_OUTSIDE_QUOTA)),
    )


def _declared(rate: RateClass | Literal["none"]) -> RateClass | None:
    return None if rate == "none" else rate


def _class_of(method: str, path: str, public: bool) -> RateClass:
    if f"{path}/".startswith(_AUTH) and (public or method != "GET"):
        return "auth"  # reading what one's credential already opens guesses nothing
    if method == "POST" and path.startswith(_COMPUTE):
        return "compute"
    if public:
        return "default"
    return "read" if method == "GET" else "write"
