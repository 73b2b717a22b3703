"""Tiers: how much of the service a tenant may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Tier = Literal["self_hosted", "free", "pro", "quant", "enterprise"]
PaidTier = Literal["pro", "quant", "enterprise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a tier allows.

    calls_per_month : None is unlimited.
    rate : what the calls per minute of the tier `free` are multiplied by; None refuses nothing but sign-ins.
    """

    calls_per_month: int | None
    rate: int | None


ALLOWANCES: Final[Mapping[Tier, Allowance]] = {
    "self_hosted": Allowance(calls_per_month=None, rate=None),
    "free": Allowance(calls_per_month=100, rate=1),
    "pro": Allowance(calls_per_month=50_000, rate=5),
    "quant": Allowance(calls_per_month=500_000, rate=20),
    "enterprise": Allowance(calls_per_month=None, rate=50),
}
