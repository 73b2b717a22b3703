"""Which limits apply to a request: a question of its route, of who asks, and of the tier, and of nothing else."""

from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, Literal
from unicodedata import normalize
from uuid import UUID

from application.limits.month import Month
from application.tiers import ALLOWANCES, Tier

RateClass = Literal["auth", "compute", "write", "read", "default"]
MINUTE: Final = 60
BURST_SECONDS: Final = 10
BURST_SHARE: Final = 5
"""Of the class `default` a fifth may come within BURST_SECONDS: 20 of 100."""
SPRAYED_ACCOUNTS: Final = 10
"""How many accounts may be tried to the full from one address; more is somebody trying passwords on everybody."""
_PREFIX: Final = "tt:rate"
_NETWORK_BITS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How a route is counted.

    rate_class : None is never limited.
    cost : how many of a minute's calls it takes; of a month's it takes one.
    route : tells the routes of the class `auth` apart, each of which is counted on its own.
    account : the field of the body that names whose password is tried.
    in_quota : whether it is one of the calls of a month.
    """

    rate_class: RateClass | None
    cost: int = 1
    route: str = ""
    account: str | None = None
    in_quota: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PerMinute:
    """Calls per minute on the tier `free`, by class; other tiers have a multiple."""

    auth: int = 10
    compute: int = 20
    write: int = 30
    read: int = 60
    default: int = 100

    def of(self, rate_class: RateClass) -> int:
        """Return the calls of one class."""
        calls: int = getattr(self, rate_class)
        return calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many calls in so many seconds; who shares a `key` shares them. `name` is what clients read."""

    name: str
    key: str
    quota: int
    seconds: int = MINUTE
    cost: int = 1
    interval: int = field(init=False, default=0)
    """Microseconds in which one call grows back."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "cost", min(self.cost, self.quota))
        object.__setattr__(self, "interval", self.seconds * 1_000_000 // self.quota)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The calls a tenant has in a month."""

    tenant: str
    month: Month
    calls: int

    @property
    def name(self) -> str:
        """What clients read."""
        return "month"

    @property
    def quota(self) -> int:
        """The number of calls, under the name it has in every limit."""
        return self.calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Whose calls are counted: a tenant, and the key it shows where that has a limit of its own."""

    tenant: str
    tier: Tier
    key: UUID | None = None
    requests_per_minute: int | None = None


def limits_of_tenant(
    rate: Rate, asker: Asker, address: str | None, per_minute: PerMinute
) -> tuple[Limit, ...]:
    """Return the limits of a request whose credential was accepted.

    A tier that refuses nothing still limits the class `auth`, and a key that its owner limits stays limited.
    """
    if rate.rate_class is None:
        return ()
    found = _of_class(rate, f"t:{asker.tenant}", ALLOWANCES[asker.tier].rate, per_minute)
    if rate.rate_class == "auth":
        found = (*found, _auth(rate, "auth-address", _at(address), per_minute.auth))
    if asker.requests_per_minute is not None:
        own = Limit(name="key", key=f"{_PREFIX}:key:{asker.key}", quota=asker.requests_per_minute)
        found = (*found, own)
    return found


def limits_of_address(
    rate: Rate, address: str | None, default_tier: Tier, per_minute: PerMinute
) -> tuple[Limit, ...]:
    """Return the limits of a request that shows no credential."""
    if rate.rate_class is None:
        return ()
    if rate.rate_class == "auth":
        return (_auth(rate, "auth", _at(address), per_minute.auth),)
    free = None if ALLOWANCES[default_tier].rate is None else 1
    return _of_class(rate, _at(address), free, per_minute)


def limits_of_account(
    rate: Rate, address: str | None, account: str, per_minute: PerMinute
) -> tuple[Limit, ...]:
    """Return the limits of trying a password: narrow for one account at one address, so that others at the address
    still get in, and wide for the address, so that it cannot try one password on everybody.
    """
    place = _at(address)
    return (
        _auth(rate, "auth", f"{place}:{hashed(account)}", per_minute.auth),
        _auth(rate, "auth-address", place, per_minute.auth * SPRAYED_ACCOUNTS),
    )


def quota_of(tenant: str, tier: Tier, month: Month) -> Quota | None:
    """Return the calls of a month, or None where there is no end to them."""
    calls = ALLOWANCES[tier].calls_per_month
    return None if calls is None else Quota(tenant=tenant, month=month, calls=calls)


def network_of(address: str | None) -> str:
    """Return whose address it is: of IPv6 the network of 2^64 that a customer is given, of IPv4 the address itself."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((int(found), _NETWORK_BITS), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def hashed(account: str) -> str:
    """Return what stands for an account: no address of a person is kept where limits are counted."""
    return sha256(normalize("NFKC", account).strip().casefold().encode("utf-8", "replace")).hexdigest()[:32]


def _of_class(rate: Rate, whose: str, multiple: int | None, per_minute: PerMinute) -> tuple[Limit, ...]:
    assert rate.rate_class is not None
    if rate.rate_class == "auth":
        return (_auth(rate, "auth", whose, per_minute.auth * (multiple or 1)),)
    if multiple is None:
        return ()
    name, quota = rate.rate_class, per_minute.of(rate.rate_class) * multiple
    limit = Limit(name=name, key=f"{_PREFIX}:{name}:{whose}", quota=quota, cost=rate.cost)
    return (limit, _burst(limit)) if name == "default" else (limit,)


def _burst(limit: Limit) -> Limit:
    quota = max(1, limit.quota // BURST_SHARE)
    return Limit(name="burst", key=f"{limit.key}:burst", quota=quota, seconds=BURST_SECONDS, cost=limit.cost)


def _auth(rate: Rate, name: str, whose: str, quota: int) -> Limit:
    return Limit(name=name, key=f"{_PREFIX}:auth:{rate.route}:{whose}", quota=quota, cost=rate.cost)


def _at(address: str | None) -> str:
    return f"a:{network_of(address)}"
