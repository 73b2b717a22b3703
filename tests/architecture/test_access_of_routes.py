"""Every route says who may call it: the credentials it takes, the scope it needs, the limits it is under."""

import json
import subprocess
import sys
from typing import Any

import pytest

from api.openapi.headers import RATE_HEADERS
from api.openapi.security import SCHEMES
from api.scopes import SCOPE_MEANINGS
from application.caller import SCOPES

DOCUMENT = """
import json, sys
from pathlib import Path
from api.openapi.document import openapi_document
from bootstrap.api import build, http_settings
from bootstrap.settings import Settings
settings = Settings(
    home=Path(sys.argv[1]),
    database_url="postgresql://nobody:nothing@127.0.0.1:1/none",
    redis_url="redis://127.0.0.1:1/0",
)
print(json.dumps(openapi_document(build(settings), http_settings(settings))))
"""
WITHOUT_CREDENTIAL = {
    "GET /health",
    "GET /health/ready",
    "GET /asyncapi.json",
    "GET /v1/schemas",
    "GET /v1/schemas/{name}",
    "GET /.well-known/jwks.json",
    "POST /v1/auth/register",
    "POST /v1/auth/login",
    "POST /v1/auth/password/forgot",
    "POST /v1/auth/password/reset",
}
BY_PERSON = {
    "GET /v1/auth/me",
    "PATCH /v1/auth/me",
    "DELETE /v1/auth/me",
    "GET /v1/auth/sessions",
    "DELETE /v1/auth/sessions/{session_id}",
    "POST /v1/auth/logout-all",
    "POST /v1/auth/switch",
    "POST /v1/auth/password/change",
}
"""A key opens none of these, nor does a token of nobody who signed in."""
OTHERWISE: dict[str, list[set[str]]] = {
    **{name: [] for name in WITHOUT_CREDENTIAL},
    **{name: [{"accessToken"}] for name in BY_PERSON},
    "POST /v1/auth/refresh": [{"refreshCookie"}, set()],
    "POST /v1/auth/logout": [{"accessToken"}, {"refreshCookie"}, set()],
    "POST /v1/invitations/accept": [{"accessToken"}, set()],
    "POST /v1/billing/webhook": [{"stripeSignature"}],
}
NEVER_LIMITED = {"GET /health", "GET /health/ready", "POST /v1/billing/webhook"}
CREDENTIALS = ("accessToken", "bearerKey", "apiKey")


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    command = [sys.executable, "-c", DOCUMENT, str(tmp_path_factory.mktemp("home"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written: dict[str, Any] = json.loads(done.stdout)
    return written


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_says_which_credentials_it_takes(operations: dict[str, dict[str, Any]]) -> None:
    for name, operation in operations.items():
        taken = [set(alternative) for alternative in operation["security"]]
        assert taken == OTHERWISE.get(name, [{scheme} for scheme in CREDENTIALS]), name


def test_every_route_that_needs_a_credential_can_refuse_it(operations: dict[str, dict[str, Any]]) -> None:
    for name, operation in operations.items():
        if any("accessToken" in way for way in operation["security"]) and {} not in operation["security"]:
            assert {"401", "403"} <= operation["responses"].keys(), name


def test_every_route_says_which_scope_it_needs(operations: dict[str, dict[str, Any]]) -> None:
    for name, operation in operations.items():
        needed = operation.get("x-required-scope", "").split()
        for alternative in operation["security"]:
            assert list(alternative.values()) in ([needed], []), name
        assert SCOPES.issuperset(needed), name
        assert not needed or "403" in operation["responses"], name


def test_what_reads_one_thing_to_write_another_needs_both_scopes(
    operations: dict[str, dict[str, Any]],
) -> None:
    leading_on = "POST /v1/optimizations/{optimization_id}"
    assert operations[f"{leading_on}/apply"]["x-required-scope"] == "portfolios:write optimize"
    assert operations[f"{leading_on}/what-if"]["x-required-scope"] == "optimize portfolios:read"


@pytest.mark.parametrize(
    "name",
    [
        "GET /v1/optimizations/{optimization_id}",
        "GET /v1/portfolios/{portfolio_id}/recommendations",
        "GET /v1/portfolios/{portfolio_id}/risk",
    ],
)
def test_a_read_that_waits_says_so(operations: dict[str, dict[str, Any]], name: str) -> None:
    assert "Prefer" in headers_of(operations[name])
    assert "Preference-Applied" in operations[name]["responses"]["200"]["headers"]


def test_whoever_follows_events_can_say_which_one_was_the_last(operations: dict[str, dict[str, Any]]) -> None:
    followed = operations["GET /v1/optimizations/{optimization_id}/events"]
    assert "Last-Event-ID" in headers_of(followed)
    assert list(followed["responses"]["200"]["content"]) == ["text/event-stream"]


def headers_of(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}


def test_every_scheme_that_a_route_names_is_described(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    described = document["components"]["securitySchemes"]
    named = {scheme for operation in operations.values() for one in operation["security"] for scheme in one}
    assert named == set(described) == set(SCHEMES)


def test_every_scope_is_explained() -> None:
    assert set(SCOPE_MEANINGS) == SCOPES


def test_every_limited_route_says_how_its_limits_are_told(operations: dict[str, dict[str, Any]]) -> None:
    unlimited = {name for name, operation in operations.items() if "429" not in operation["responses"]}
    assert unlimited == NEVER_LIMITED & operations.keys()
    for name in operations.keys() - unlimited:
        answers = operations[name]["responses"]
        for status in (*(status for status in answers if status[0] == "2"), "429"):
            assert set(RATE_HEADERS) <= set(answers[status]["headers"]), f"{name} {status}"
        assert "Retry-After" in answers["429"]["headers"]
