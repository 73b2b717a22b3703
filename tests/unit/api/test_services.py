from collections.abc import Sequence
from typing import Any, Protocol

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import ImproperlyConfiguredException
from litestar.routes import HTTPRoute

from api.admission import PlanRoutes
from api.operation import operation
from api.services import Service, provided


class Greeter(Protocol):
    def greet(self) -> str: ...


class Polite:
    def greet(self) -> str:
        return "good morning"


SERVICES = {"greeter": Polite(), "times": 2}


@get("/two", opt=operation(public=True), sync_to_thread=False)
def two(greeter: Service[Greeter], times: Service[int]) -> str:
    return greeter.greet() * times


@get("/mixed", opt=operation(public=True), sync_to_thread=False)
def mixed(greeter: Service[Greeter], other: NamedDependency[str]) -> str:
    return greeter.greet() + other


@get("/undeclared", sync_to_thread=False)
def undeclared() -> str:
    return ""


def an_app(handlers: Sequence[Any]) -> Litestar:
    other = Provide(lambda: "!", sync_to_thread=False)
    return Litestar(
        handlers,
        dependencies={**provided(SERVICES), "other": other},
        plugins=[PlanRoutes(SERVICES)],
        openapi_config=None,
        logging_config=None,
    )


async def answer_of(handler: Any, path: str) -> str:
    transport = ASGITransport(an_app([handler]))  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url="http://trimtab.test") as client:
        return (await client.get(path)).text


async def test_services_reach_a_handler_by_name_whatever_protocol_it_asks_for() -> None:
    assert await answer_of(two, "/two") == "good morninggood morning"


async def test_services_beside_another_dependency_reach_it_too() -> None:
    assert await answer_of(mixed, "/mixed") == "good morning!"


def test_services_alone_start_no_task_group() -> None:
    batches = {}
    for route in an_app([two, mixed]).routes:
        if isinstance(route, HTTPRoute):
            batches[route.path] = route.route_handler_map["GET"][1].dependency_batches
    assert batches["/two"] == []
    assert batches["/mixed"] != []


def test_an_endpoint_that_declares_nothing_stops_the_start() -> None:
    with pytest.raises(ImproperlyConfiguredException, match="operation"):
        an_app([undeclared])
