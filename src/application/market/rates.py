"""Exchange rates as one tenant sees them."""

from datetime import datetime
from typing import Protocol

from domain.valuation import Rates


class TenantRates(Protocol):
    """Lends rates by tenant: its own go before the shared ones, and these before the European Central Bank's."""

    async def rates_for(self, tenant: str, *, known_at: datetime | None = None) -> Rates:
        """Return a tenant's rates as they are known now, or were known at a moment."""
