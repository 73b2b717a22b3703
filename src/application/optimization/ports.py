"""Where the datasets of jobs are kept."""

from typing import Protocol


class Datasets(Protocol):
    """Encoded datasets by their hash; what is kept under a hash never changes."""

    async def keep(self, tenant: str, dataset_hash: str, content: bytes) -> None:
        """Keep a dataset for a tenant; the same one twice is the same as once."""
        ...

    async def read(self, tenant: str, dataset_hash: str) -> bytes | None:
        """Return what a tenant keeps under a hash, None where that is nothing."""
        ...
