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
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance
from tests.e2e.things import things_of
from tests.support.running import RunningService

EXAMPLES = 12
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
    return [*excluded, negative_data_rejection] if is_spoilt(case, ParameterLocation.HEADER) else excluded


def is_spoilt(case: Any, location: ParameterLocation) -> bool:
    component = case.meta.components.get(location)
    return component is not None and component.mode.is_negative
