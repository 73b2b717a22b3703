from dataclasses import replace
from uuid import UUID

import pytest

from application.limits.month import month_of
from application.limits.rules import (
    Asker,
    Limit,
    PerMinute,
    Rate,
    limits_of_account,
    limits_of_address,
    limits_of_tenant,
    network_of,
    quota_of,
)
from application.tiers import Tier

CLASSES = PerMinute()
KEY = UUID("00000000-0000-4000-8000-000000000001")
READ, WRITE = Rate(rate_class="read"), Rate(rate_class="write")
LOGIN = Rate(rate_class="auth", route="POST /v1/auth/login", account="email")


def a_tenant(tier: Tier = "free", *, name: str = "acme", own: int | None = None) -> Asker:
    return Asker(tenant=name, tier=tier, key=KEY if own else None, requests_per_minute=own)


def shown(limits: tuple[Limit, ...]) -> list[tuple[str, int, int]]:
    return [(limit.name, limit.quota, limit.seconds) for limit in limits]


@pytest.mark.parametrize(
    ("tier", "calls"), [("free", 60), ("pro", 300), ("quant", 1200), ("enterprise", 3000)]
)
def test_a_tier_has_a_multiple_of_what_is_free(tier: Tier, calls: int) -> None:
    assert shown(limits_of_tenant(READ, a_tenant(tier), None, CLASSES)) == [("read", calls, 60)]


def test_a_self_hosted_service_limits_nothing_but_signing_in() -> None:
    tenant = a_tenant("self_hosted")
    assert limits_of_tenant(READ, tenant, None, CLASSES) == ()
    assert shown(limits_of_tenant(replace(LOGIN, account=None), tenant, "192.0.2.1", CLASSES)) == [
        ("auth", 10, 60),
        ("auth-address", 10, 60),
    ]


def test_where_no_class_applies_a_fifth_may_come_within_ten_seconds() -> None:
    limits = limits_of_tenant(Rate(rate_class="default"), a_tenant("pro"), None, CLASSES)
    assert shown(limits) == [("default", 500, 60), ("burst", 100, 10)]


def test_what_is_never_limited_has_no_limits() -> None:
    never = Rate(rate_class=None)
    assert limits_of_tenant(never, a_tenant(own=1), None, CLASSES) == ()
    assert limits_of_address(never, "192.0.2.1", "free", CLASSES) == ()


def test_a_key_that_its_owner_limits_stays_limited_on_every_tier() -> None:
    assert shown(limits_of_tenant(READ, a_tenant("self_hosted", own=5), None, CLASSES)) == [("key", 5, 60)]
    assert shown(limits_of_tenant(READ, a_tenant("free", own=5), None, CLASSES)) == [
        ("read", 60, 60),
        ("key", 5, 60),
    ]


def test_a_key_counts_requests_whatever_they_cost_its_tenant() -> None:
    dear = limits_of_tenant(Rate(rate_class="write", cost=5), a_tenant(own=5), None, CLASSES)
    assert [limit.cost for limit in dear] == [5, 1]


def test_what_costs_more_than_there_is_takes_all_there_is() -> None:
    (limit,) = limits_of_tenant(Rate(rate_class="write", cost=50), a_tenant(), None, PerMinute(write=30))
    assert limit.cost == 30


def test_tenants_and_classes_are_counted_apart() -> None:
    keys = {
        limits_of_tenant(rate, a_tenant(name=name), None, CLASSES)[0].key
        for rate in (READ, WRITE)
        for name in ("acme", "other")
    }
    assert len(keys) == 4


def test_strangers_are_counted_by_address_unless_nothing_is_refused() -> None:
    stranger = Rate(rate_class="default", in_quota=False)
    limits = limits_of_address(stranger, "192.0.2.1", "pro", CLASSES)
    assert shown(limits) == [("default", 100, 60), ("burst", 20, 10)]
    assert limits_of_address(stranger, "192.0.2.1", "self_hosted", CLASSES) == ()


def test_a_public_route_of_the_class_auth_is_limited_by_address_and_by_route() -> None:
    register = Rate(rate_class="auth", route="POST /v1/auth/register")
    refresh = Rate(rate_class="auth", route="POST /v1/auth/refresh")
    (one,) = limits_of_address(register, "192.0.2.1", "self_hosted", CLASSES)
    (other,) = limits_of_address(refresh, "192.0.2.1", "self_hosted", CLASSES)
    assert (one.quota, other.quota) == (10, 10)
    assert one.key != other.key


def test_trying_a_password_is_limited_by_account_and_address_and_widely_by_address() -> None:
    limits = limits_of_account(LOGIN, "192.0.2.1", "ada@example.com", CLASSES)
    assert shown(limits) == [("auth", 10, 60), ("auth-address", 100, 60)]


def test_an_account_is_the_same_however_its_address_is_written_and_never_named() -> None:
    written = [" Ada@Example.com", "ada@example.com", "ＡＤＡ@example.com"]
    keys = {limits_of_account(LOGIN, "192.0.2.1", account, CLASSES)[0].key for account in written}
    assert len(keys) == 1
    assert "ada" not in keys.pop()


def test_another_address_has_another_try() -> None:
    one, other = (
        limits_of_account(LOGIN, peer, "ada@example.com", CLASSES) for peer in ("192.0.2.1", "192.0.2.2")
    )
    assert {limit.key for limit in one}.isdisjoint(limit.key for limit in other)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "unknown"),
        ("a name", "unknown"),
    ],
)
def test_a_customer_of_ipv6_is_a_network(address: str | None, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("tier", "calls"),
    [("free", 100), ("pro", 50_000), ("quant", 500_000), ("enterprise", None), ("self_hosted", None)],
)
def test_a_tier_has_so_many_calls_a_month(tier: Tier, calls: int | None) -> None:
    quota = quota_of("acme", tier, month_of(0))
    assert (None if quota is None else quota.calls) == calls
