"""Market data for one computation after the other."""

from typing import Protocol

from application.market.history import MarketHistory


class Markets(Protocol):
    """Market data that is kept between computations."""

    async def pinned(self, tenant: str) -> MarketHistory:
        """Return the data that a tenant sees now, the same throughout one computation."""
