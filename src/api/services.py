"""Services in handlers: constants of the process, handed over without Litestar's dependency machinery.

Litestar starts a task group per request as soon as a handler takes two dependencies, 65 µs of a request that
takes 15 without them. What is the same object for every request needs none of it.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation

T = TypeVar("T")
Service: TypeAlias = NamedDependency[SkipValidation[T]]
"""Marks a handler parameter that `ApiParts.services` provides by its name."""


def provided(services: Mapping[str, object]) -> dict[str, Provide]:
    """Return the services as dependencies, which is how Litestar learns their names."""
    return {name: _constant(service) for name, service in services.items()}


def inject_directly(parameters: Any, services: Mapping[str, object]) -> None:
    """Let the handler with these parameters take its services from a dictionary.

    Dependencies of another kind keep Litestar's way, and then so do the services beside them.
    """
    names = {container.key for batch in parameters.dependency_batches for container in batch}
    if not names or not names <= services.keys():
        return
    wanted = {name: services[name] for name in names}

    async def extract(values: dict[str, Any], connection: object) -> None:
        values.update(wanted)

    parameters.extractors.append(extract)
    parameters.dependency_batches = []


def _constant(service: object) -> Provide:
    return Provide(lambda: service, use_cache=True, sync_to_thread=False)
