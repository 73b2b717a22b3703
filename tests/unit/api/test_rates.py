from typing import Any

import pytest

from api.operation import OPERATION, operation
from api.rates import rate_of


def rate(method: str, path: str, **declared: Any) -> Any:
    return rate_of(method, path, operation(**declared)[OPERATION])


@pytest.mark.parametrize(
    ("method", "path", "public", "expected"),
    [
        ("GET", "/v1/portfolios", False, "read"),
        ("POST", "/v1/portfolios", False, "write"),
        ("DELETE", "/v1/positions/{position_id}", False, "write"),
        ("POST", "/v1/analytics/risk", False, "compute"),
        ("POST", "/v1/risk/var", False, "compute"),
        ("POST", "/v1/stress-test", False, "compute"),
        ("GET", "/v1/optimizations/{job_id}", False, "read"),
        ("POST", "/v1/auth/login", True, "auth"),
        ("GET", "/v1/auth/me", False, "read"),
        ("POST", "/v1/auth/switch", False, "auth"),
        ("POST", "/v1/invitations/accept", True, "auth"),
        ("GET", "/v1/schemas", True, "default"),
        ("GET", "/openapi.json", True, "default"),
    ],
)
def test_the_class_follows_from_the_address(method: str, path: str, public: bool, expected: str) -> None:
    assert rate(method, path, public=public).rate_class == expected


def test_what_a_route_declares_wins() -> None:
    declared = rate("POST", "/v1/portfolios", rate="compute", cost=7)
    assert (declared.rate_class, declared.cost) == ("compute", 7)
    assert rate("GET", "/health", public=True, rate="none").rate_class is None


@pytest.mark.parametrize("path", ["/v1/usage", "/v1/auth/me", "/v1/billing/checkout"])
def test_what_is_about_the_account_is_no_call(path: str) -> None:
    assert not rate("GET", path).in_quota


def test_every_other_request_with_a_credential_is_a_call() -> None:
    assert rate("GET", "/v1/usages").in_quota
    assert not rate("GET", "/v1/schemas", public=True).in_quota
