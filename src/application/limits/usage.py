"""How many calls of its month a tenant has used."""

from collections.abc import Callable
from dataclasses import dataclass

from application.limits.month import month_of
from application.limits.ports import Meter, Tiers
from application.tiers import ALLOWANCES, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Calls of the current month; `limit` None is unlimited, `reset_at` is in Unix seconds."""

    used: int
    limit: int | None
    tier: Tier
    reset_at: int


class UsageReader:
    """Answers for any tenant. `clock` gives Unix seconds."""

    def __init__(self, meter: Meter, tiers: Tiers, clock: Callable[[], float]) -> None:
        self._meter, self._tiers, self._clock = meter, tiers, clock

    async def of(self, tenant: str) -> Usage:
        """Return the usage of a tenant, the calls just answered included; raises Unavailable."""
        month = month_of(self._clock())
        tier = await self._tiers.tier_now(tenant)
        return Usage(
            used=await self._meter.used(tenant, month),
            limit=ALLOWANCES[tier].calls_per_month,
            tier=tier,
            reset_at=month.ends_at,
        )
