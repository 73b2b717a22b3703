"""What the API needs from outside besides the use cases; the composition root hands it over."""

from collections.abc import Mapping
from typing import Protocol


class Probes(Protocol):
    """Looks whether the parts the service stands on answer."""

    async def failures(self) -> Mapping[str, str]:
        """Return what is away by part (`postgresql`, `redis`), a sentence each; empty when all is well."""


class Positions(Protocol):
    """Waits for the read models."""

    async def wait_for(self, position: int, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until the read models show `position`; False when `timeout` seconds passed before."""
