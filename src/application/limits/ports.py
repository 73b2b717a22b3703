"""Where calls are counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from application.limits.month import Month
from application.limits.rules import Limit, Quota
from application.tiers import Tier


class LimiterAway(Exception):
    """Calls cannot be counted at the moment; whoever asks decides whether to go on without."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a limit stands after a request was counted, or refused.

    used, remaining : calls; after a lowered tier `used` may exceed the quota.
    seconds : until all calls are there again, or, where this limit refuses, until the request would pass.
    """

    limit: Limit | Quota
    allowed: bool
    used: int
    remaining: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one request: all of its limits let it pass, and it counts with each, or it counts with none."""

    allowed: bool
    standings: tuple[Standing, ...]


class Limiter(Protocol):
    """Counts what all processes of the service answer, together."""

    async def take(self, limits: Sequence[Limit], quota: Quota | None = None) -> Decision:
        """Count one request with all of its limits, or, where one refuses, with none; raises LimiterAway.

        A request that counted with a quota is given back to it by `Meter.give_back`.
        """


class Meter(Protocol):
    """Keeps the calls of a month by tenant; its own process's at once, and all of them within a second."""

    def count(self, tenant: str, month: Month) -> None:
        """Count a call that no quota was asked about."""

    def give_back(self, tenant: str, month: Month) -> None:
        """Take back a call that a quota counted, because the fault was ours."""

    async def used(self, tenant: str, month: Month) -> int:
        """Return the calls of a month, the ones just answered included; raises Unavailable."""


class Tiers(Protocol):
    """Tells what tier a tenant is on."""

    async def tier_of(self, tenant: str) -> Tier:
        """Return the tier, at most a second old; that of the installation where none can be had."""

    async def tier_now(self, tenant: str) -> Tier:
        """Return the tier as `tier_of` does, but asked for anew: whoever has just paid wants to see it."""
