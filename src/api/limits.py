"""Limits over HTTP: who is counted, what a refusal says, and the headers that tell clients how they stand."""

from collections.abc import Sequence
from functools import lru_cache
from math import ceil
from typing import Final
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter

from api.call import Call
from api.exchange import Exchange
from api.parts import LimitParts
from api.problems import Problem, unavailable
from api.rates import STRANGER
from application.caller import Caller
from application.limits.month import Month, month_of
from application.limits.ports import Decision, LimiterAway, Standing
from application.limits.rules import (
    Asker,
    Limit,
    Quota,
    Rate,
    limits_of_account,
    limits_of_address,
    limits_of_tenant,
    quota_of,
)
from application.tiers import ALLOWANCES, Tier

REMEMBERED: Final = 4096
Headers = list[tuple[bytes, bytes]]


class Limits:
    """Counts requests; each method raises the Problem (429) of one that is refused."""

    def __init__(self, parts: LimitParts, registry: CollectorRegistry) -> None:
        self._parts = parts
        self._month = month_of(parts.clock())
        # Who asks and for what repeats: the limits are put together once, the keys they are counted under included.
        self._of_tenant = lru_cache(REMEMBERED)(self._limits_of_tenant)
        self._of_address = lru_cache(REMEMBERED)(
            lambda rate, address: limits_of_address(rate, address, parts.default_tier, parts.per_minute)
        )
        self._refused = Counter(
            "trimtab_limit_refusals", "Requests that a limit refused.", ("limit",), registry=registry
        )
        self._uncounted = Counter(
            "trimtab_limit_uncounted", "Requests let in while nobody could count them.", registry=registry
        )

    async def admit_caller(self, exchange: Exchange, caller: Caller, rate: Rate) -> None:
        """Count a request whose credential was accepted."""
        if rate.rate_class is None:
            return
        tier = await self._parts.tiers.tier_of(caller.tenant)
        month = self._month_now()
        limits, quota = self._of_tenant(
            rate,
            caller.tenant,
            tier,
            caller.key if caller.requests_per_minute is not None else None,
            caller.requests_per_minute,
            exchange.peer if rate.rate_class == "auth" else None,
            month,
        )
        reserved = False
        if limits or quota is not None:
            reserved = await self._counted(exchange, limits, quota, tier) and quota is not None
        if rate.in_quota:
            exchange.call = Call(self._parts.meter, caller.tenant, month, reserved=reserved)

    async def admit_stranger(self, exchange: Exchange) -> None:
        """Count a request whose credential was not accepted."""
        await self.admit_address(exchange, STRANGER)

    async def admit_address(self, exchange: Exchange, rate: Rate) -> None:
        """Count a request that needs no credential."""
        limits = self._of_address(rate, exchange.peer)
        if limits:
            await self._counted(exchange, limits)

    async def admit_account(self, exchange: Exchange, rate: Rate, account: str) -> None:
        """Count a try at somebody's password; 503 where tries cannot be counted."""
        limits = limits_of_account(rate, exchange.peer, account, self._parts.per_minute)
        if not await self._counted(exchange, limits):
            raise unavailable("Tries to sign in cannot be counted at the moment, so nobody is let in.")

    async def _counted(
        self, exchange: Exchange, limits: Sequence[Limit], quota: Quota | None = None, tier: Tier = "free"
    ) -> bool:
        """Count with all limits and say whether anybody could; raises the Problem of what is refused."""
        try:
            decision = await self._parts.limiter.take(limits, quota)
        except LimiterAway:
            self._uncounted.inc()
            return False
        now = self._parts.clock()
        exchange.limits = headers_of(decision, now)
        if not decision.allowed:
            raise self._refusal(decision, now, tier)
        return True

    def _limits_of_tenant(
        self,
        rate: Rate,
        tenant: str,
        tier: Tier,
        key: UUID | None,
        requests_per_minute: int | None,
        address: str | None,
        month: Month,
    ) -> tuple[tuple[Limit, ...], Quota | None]:
        asker = Asker(tenant=tenant, tier=tier, key=key, requests_per_minute=requests_per_minute)
        limits = limits_of_tenant(rate, asker, address, self._parts.per_minute)
        return limits, quota_of(tenant, tier, month) if rate.in_quota else None

    def _refusal(self, decision: Decision, now: float, tier: Tier) -> Problem:
        refused = nearest(decision.standings)
        self._refused.labels(refused.limit.name).inc()
        wait = seconds_of(refused, now)
        return Problem(
            "rate_limit_exceeded",
            sentence(refused.limit, wait, tier),
            headers={"Retry-After": str(wait)},
            extra={"used": refused.used, "limit": refused.limit.quota, "resetAt": int(now) + wait},
        )

    def _month_now(self) -> Month:
        now = self._parts.clock()
        if not self._month.starts_at <= now < self._month.ends_at:
            self._month = month_of(now)
        return self._month


def nearest(standings: Sequence[Standing]) -> Standing:
    """Return the limit that is nearest to refusing; of those that are equally near, the one that lasts longest."""
    return min(standings, key=_nearness)


def _nearness(standing: Standing) -> tuple[bool, float, float]:
    limit = standing.limit
    if isinstance(limit, Quota):
        requests, lasts = float(standing.remaining), float("inf")
    else:
        requests, lasts = standing.remaining / limit.cost, standing.seconds
    return standing.allowed, requests if standing.allowed else 0.0, -lasts


def seconds_of(standing: Standing, now: float) -> int:
    """Return the whole seconds until the limit has its calls back or, where it refuses, lets the request pass."""
    if isinstance(standing.limit, Quota):
        return max(1, standing.limit.month.ends_at - int(now))
    return max(0 if standing.allowed else 1, ceil(standing.seconds))


def sentence(limit: Limit | Quota, wait: int, tier: Tier) -> str:
    """Return what a refused client is told."""
    if isinstance(limit, Quota):
        return f"Rate limit exceeded. {_calls(tier)}{_NEXT.get(tier, '')}"
    return (
        f"Rate limit exceeded: {limit.quota:,} requests in {limit.seconds} s (`{limit.name}`). "
        f"Try again in {wait} s."
    )


def _calls(tier: Tier) -> str:
    return f"{tier.capitalize()} tier: {ALLOWANCES[tier].calls_per_month:,} calls/mo."


_NEXT: Final[dict[Tier, str]] = {
    "free": f" Pro: {ALLOWANCES['pro'].calls_per_month:,} calls/mo.",
    "pro": f" Quant: {ALLOWANCES['quant'].calls_per_month:,} calls/mo.",
    "quant": " Enterprise: unlimited.",
}


def headers_of(decision: Decision, now: float) -> Headers:
    """Return the headers that tell how all limits stand, and of the nearest to refusing again what clients know."""
    standings = decision.standings
    one = nearest(standings) if len(standings) > 1 else standings[0]
    shown = [
        f'"{standing.limit.name}";r={standing.remaining};t={seconds_of(standing, now)}'
        for standing in standings
    ]
    return [
        (b"x-ratelimit-limit", b"%d" % one.limit.quota),
        (b"x-ratelimit-remaining", b"%d" % one.remaining),
        (b"x-ratelimit-reset", b"%d" % (int(now) + seconds_of(one, now))),
        (b"ratelimit-policy", _policy(tuple(standing.limit for standing in standings))),
        (b"ratelimit", ", ".join(shown).encode()),
    ]


def _policy(limits: tuple[Limit | Quota, ...]) -> bytes:
    return _policy_text(
        tuple(
            (limit.name, limit.quota, limit.month.seconds if isinstance(limit, Quota) else limit.seconds)
            for limit in limits
        )
    )


@lru_cache(REMEMBERED)
def _policy_text(policies: tuple[tuple[str, int, int], ...]) -> bytes:
    return ", ".join(f'"{name}";q={quota};w={seconds}' for name, quota, seconds in policies).encode()
