"""The real service answers nothing that its OpenAPI document does not say, whatever it is sent."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance
from tests.e2e.things import things_of
from tests.support.running import RunningService

EXAMPLES = 8
FEW = 2
AT_THE_DOOR = (414, 431)
"""Refused before an operation sees it, as the document says for all of them together."""
UNCONFIGURED = ("/v1/billing/checkout", "/v1/billing/webhook")
"""503 here, where nobody has said how tiers are paid for."""
TENANT = "contract"
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture(scope="module")
def client(running_service: RunningService) -> Iterator[httpx.Client]:
    with running_service.client(TENANT) as http:
        yield http


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_nothing_undocumented_is_answered(
    running_service: RunningService, client: httpx.Client, mode: GenerationMode
) -> None:
    document = schemathesis.openapi.from_url(f"{running_service.address}/openapi.json")
    untouched, wrong = things_of(client), []
    for operation in (found.ok() for found in document.get_all_operations()):
        changes = operation.method.upper() != "GET" and operation.path_parameters
        known = things_of(client) if changes else untouched
        try:
            try_operation(operation, mode, known, {"Authorization": client.headers["Authorization"]})
        except Unsatisfiable:
            continue  # nothing can be wrong with a request that has no parts
        except AssertionError as failure:
            wrong.append(f"{operation.label}: {failure}")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("scopes", [None, frozenset[str]()], ids=["nobody", "no scope"])
def test_nothing_is_done_for_whoever_may_not(
    running_service: RunningService, scopes: frozenset[str] | None
) -> None:
    document = schemathesis.openapi.from_url(f"{running_service.address}/openapi.json")
    headers = {} if scopes is None else {"Authorization": f"Bearer {running_service.token(TENANT, scopes)}"}
    wrong = []
    for operation in (found.ok() for found in document.get_all_operations()):
        described = operation.definition.raw
        needs = described["security"] if scopes is None else described.get("x-required-scope")
        if not needs or {} in described["security"]:
            continue
        if operation.path in UNCONFIGURED:
            continue  # which are signed, or say first that nobody is asked to pay
        wrong += refused_otherwise(operation, headers, 401 if scopes is None else 403)
    assert not wrong, "\n\n".join(wrong)


def refused_otherwise(operation: Any, headers: dict[str, str], status: int) -> list[str]:
    """Send requests that fit to an endpoint, and return what came of those that were not refused with a status."""
    wrong: list[str] = []

    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    @settings(
        max_examples=FEW,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    def send(case: Any) -> None:
        (case.headers or {}).pop("X-API-Key", None)
        (case.headers or {}).pop("Authorization", None)
        case.cookies = {}
        response = case.call(headers=headers, session=session)
        kind = response.headers.get("content-type")
        if (response.status_code, kind) != (status, ["application/problem+json"]):
            wrong.append(f"{operation.label} was answered {response.status_code} {kind} {response.text}")

    with requests.Session() as session:
        send()
    return wrong


def try_operation(
    operation: Any, mode: GenerationMode, known: Mapping[str, str], headers: dict[str, str]
) -> None:
    """Send an endpoint requests that fit its description, or that do not; raises what Schemathesis finds."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    def send(case: Any) -> None:
        if "Idempotency-Key" in (case.headers or {}):
            case.headers["Idempotency-Key"] = uuid4().hex  # a second request with one key is another story
        if not is_spoilt(case, ParameterLocation.PATH):
            case.path_parameters = {
                name: known.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        (case.headers or {}).pop("Trimtab-Position", None)  # the future comes late: 503 is then right
        response = case.call(headers=headers, session=session)
        if response.status_code in AT_THE_DOOR:
            assert response.headers["content-type"] == ["application/problem+json"]
            return
        try:
            case.validate_response(response, headers=headers, excluded_checks=beyond_the_document(case))
        except BaseExceptionGroup as failure:
            names = ", ".join(type(one).__name__ for one in failure.exceptions)
            told = f"{names}: {case.as_curl_command()} was answered {response.status_code} {response.text}"
            raise AssertionError(told) from failure

    with requests.Session() as session:
        send()


def beyond_the_document(case: Any) -> list[Any]:
    """Checks that ask for more than a schema can say.

    Rules between fields and the state of things refuse data that fits; a header nobody knows is no fault of a
    request, so a case spoilt in its headers may succeed. Credentials have tests of their own.
    """
    excluded = [positive_data_acceptance, ignored_auth]
    if case.operation.path in UNCONFIGURED:
        excluded.append(not_a_server_error)
    return [*excluded, negative_data_rejection] if is_spoilt(case, ParameterLocation.HEADER) else excluded


def is_spoilt(case: Any, location: ParameterLocation) -> bool:
    component = case.meta.components.get(location)
    return component is not None and component.mode.is_negative
