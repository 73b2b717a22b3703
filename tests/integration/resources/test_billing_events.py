"""Stripe's events: who may send them, what they do to a tenant's tier, and what they do when they come again."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import psycopg
import pytest
from litestar import Litestar
from tests.support.billing_api import a_billing_api
from tests.support.stripe_server import WEBHOOK_SECRET, an_event, signed

from bootstrap.settings import Settings

WEBHOOK = "/v1/billing/webhook"
NOW = 1_800_000_000
Body = dict[str, Any]


@pytest.fixture
def settings() -> Settings:
    return Settings(stripe_webhook_secret=WEBHOOK_SECRET)


@pytest.fixture
async def app(database_url: str, settings: Settings) -> AsyncIterator[Litestar]:
    async with a_billing_api(database_url, settings, secret="no token is used here, not a single one") as app:
        yield app


@pytest.fixture
async def stripe(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever sends events: there is no credential."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        yield client


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


async def deliver(stripe: httpx.AsyncClient, event: object, **how: Any) -> Body:
    """Send an event as Stripe does, and return the answer."""
    content, headers = signed(event, **how)
    answer = await stripe.post(WEBHOOK, content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    body: Body = answer.json()
    assert body.pop("received") is True
    return body


def tier_of(database: psycopg.Connection[Any], tenant: str = "acme") -> str | None:
    row = database.execute("select tier from identity.tenant where tenant_id = %s", (tenant,)).fetchone()
    return row[0] if row else None


def changes_of(database: psycopg.Connection[Any], tenant: str = "acme") -> list[tuple[Any, ...]]:
    """What the audit trail says of the tenant's tier."""
    return database.execute(
        "select actor, subject, detail->>'from', detail->>'to' from identity.audit "
        "where tenant_id = %s and action = 'billing.tier_changed' order by id",
        (tenant,),
    ).fetchall()


APPLIED = {"applied": True, "reason": None}


def because(reason: str) -> Body:
    return {"applied": False, "reason": reason}


@pytest.mark.parametrize("tier", ["pro", "quant", "enterprise"])
async def test_a_subscription_that_begins_gives_its_tier(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any], tier: str
) -> None:
    assert await deliver(stripe, an_event(tier=tier)) == APPLIED
    assert tier_of(database) == tier
    assert changes_of(database) == [("stripe", "sub_1", None, tier)]


async def test_a_subscription_that_ends_takes_the_tier_back_to_free(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    await deliver(stripe, an_event(at=NOW))
    assert await deliver(stripe, an_event("deleted", at=NOW + 60)) == APPLIED
    assert tier_of(database) == "free"
    assert changes_of(database)[-1] == ("stripe", "sub_1", "pro", "free")


async def test_only_the_tenant_that_the_metadata_name_changes(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    await deliver(stripe, an_event(tenant="acme"))
    await deliver(stripe, an_event(tenant="other", tier="quant", subscription="sub_2"))
    assert (tier_of(database, "acme"), tier_of(database, "other")) == ("pro", "quant")


@pytest.mark.parametrize(
    ("status", "tier"),
    [
        ("active", "quant"),
        ("trialing", "quant"),
        ("past_due", "quant"),
        ("unpaid", "free"),
        ("paused", "free"),
        ("canceled", "free"),
        ("incomplete_expired", "free"),
    ],
)
async def test_a_change_of_a_subscription_counts_by_its_status(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any], status: str, tier: str
) -> None:
    await deliver(stripe, an_event(at=NOW))
    assert await deliver(stripe, an_event("updated", tier="quant", status=status, at=NOW + 1)) == APPLIED
    assert tier_of(database) == tier


async def test_nothing_is_given_before_the_first_payment(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    assert await deliver(stripe, an_event(status="incomplete", at=NOW)) == APPLIED
    assert tier_of(database) is None
    await deliver(stripe, an_event("updated", status="active", at=NOW))
    assert tier_of(database) == "pro"


async def test_a_replayed_event_changes_nothing(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    began = an_event(at=NOW)
    await deliver(stripe, began)
    await deliver(stripe, an_event("deleted", at=NOW + 60))
    assert await deliver(stripe, began) == because("replayed")
    assert tier_of(database) == "free"
    assert len(changes_of(database)) == 2


async def test_an_id_that_comes_again_with_another_story_is_a_replay(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    await deliver(stripe, an_event(event="evt_x", at=NOW))
    told = an_event("deleted", event="evt_x", at=NOW + 60)
    assert await deliver(stripe, told) == because("replayed")
    assert tier_of(database) == "pro"


async def test_an_event_delivered_many_times_at_once_is_applied_once(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    event = an_event()
    answers = await asyncio.gather(*(deliver(stripe, event) for _ in range(8)))
    assert sorted(answer["applied"] for answer in answers) == [False] * 7 + [True]
    assert len(changes_of(database)) == 1


async def test_events_of_one_subscription_at_once_end_with_the_newest(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    tiers = ["pro", "quant", "enterprise"] * 4
    events = [an_event("updated", tier=tier, at=NOW + n) for n, tier in enumerate(tiers)]
    await asyncio.gather(*(deliver(stripe, event) for event in [*events[::2], *events[1::2]]))
    assert tier_of(database) == tiers[-1]


async def test_a_beginning_that_comes_after_the_end_changes_nothing(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    assert await deliver(stripe, an_event("deleted", at=NOW + 60)) == APPLIED
    assert await deliver(stripe, an_event(at=NOW)) == because("superseded")
    assert tier_of(database) == "free"


@pytest.mark.parametrize("order", [("created", "deleted"), ("deleted", "created")], ids=" then ".join)
async def test_of_the_same_second_the_end_counts(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any], order: tuple[str, str]
) -> None:
    for kind in order:
        await deliver(stripe, an_event(kind, at=NOW))
    assert tier_of(database) == "free"


async def test_an_older_change_does_not_undo_a_newer_one(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    await deliver(stripe, an_event("updated", tier="enterprise", at=NOW + 60))
    assert await deliver(stripe, an_event("updated", tier="quant", at=NOW + 30)) == because("superseded")
    assert await deliver(stripe, an_event(tier="pro", at=NOW)) == because("superseded")
    assert tier_of(database) == "enterprise"


@pytest.mark.parametrize("began", [None, NOW], ids=["dated by its event", "dated by itself"])
async def test_the_end_of_an_old_subscription_leaves_the_tier_of_a_newer_one(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any], began: int | None
) -> None:
    await deliver(stripe, an_event(tier="pro", subscription="sub_old", at=NOW, began=began))
    later = began and began + 60
    await deliver(stripe, an_event(tier="quant", subscription="sub_new", at=NOW + 60, began=later))
    assert tier_of(database) == "quant"
    await deliver(stripe, an_event("updated", tier="pro", subscription="sub_old", at=NOW + 90, began=began))
    assert tier_of(database) == "quant"
    await deliver(stripe, an_event("deleted", subscription="sub_old", at=NOW + 120, began=began))
    assert tier_of(database) == "quant"


async def test_an_older_subscription_that_comes_late_does_not_replace_a_newer_one(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    await deliver(stripe, an_event(tier="quant", subscription="sub_new", at=NOW + 60))
    await deliver(stripe, an_event(tier="pro", subscription="sub_old", at=NOW))
    assert tier_of(database) == "quant"


async def test_the_end_of_the_newer_subscription_gives_back_the_older_one(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    await deliver(stripe, an_event(tier="pro", subscription="sub_old", at=NOW))
    await deliver(stripe, an_event(tier="quant", subscription="sub_new", at=NOW + 60))
    await deliver(stripe, an_event("deleted", subscription="sub_new", at=NOW + 120))
    assert tier_of(database) == "pro"


async def test_a_renewal_leaves_a_tier_that_the_operator_gave(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    await deliver(stripe, an_event(at=NOW))
    database.execute("select identity.set_tier('acme', 'enterprise')")
    await deliver(stripe, an_event("updated", at=NOW + 60))
    assert tier_of(database) == "enterprise"
    assert [change[0] for change in changes_of(database)] == ["stripe", "operator"]


async def test_the_end_of_a_subscription_nobody_knows_ends_a_tier_that_the_operator_gave(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    database.execute("select identity.set_tier('acme', 'pro')")
    assert await deliver(stripe, an_event("deleted", tier=None)) == APPLIED
    assert tier_of(database) == "free"


async def test_a_subscription_that_moves_takes_its_tier_along(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    await deliver(stripe, an_event(tenant="acme", at=NOW))
    await deliver(stripe, an_event("updated", tenant="other", at=NOW + 60))
    assert (tier_of(database, "acme"), tier_of(database, "other")) == ("free", "pro")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"tenant": None}, "no_tenant"),
        ({"tenant": ""}, "no_tenant"),
        ({"tenant": "*"}, "no_tenant"),
        ({"tenant": "a\0b"}, "no_tenant"),
        ({"tenant": "a" * 300}, "no_tenant"),
        ({"tenant": 7}, "no_tenant"),
        ({"metadata": None}, "no_tenant"),
        ({"tier": None}, "no_tier"),
        ({"tier": "gold"}, "no_tier"),
        ({"tier": "self_hosted"}, "no_tier"),
        ({"tier": ["pro"]}, "no_tier"),
    ],
    ids=str,
)
async def test_what_names_no_tenant_or_no_tier_is_taken_and_changes_nothing(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any], changed: Mapping[str, Any], reason: str
) -> None:
    assert await deliver(stripe, an_event(**changed)) == because(reason)
    assert database.execute("select count(*) from identity.tenant").fetchone() == (0,)


@pytest.mark.parametrize("kind", ["customer.subscription.trial_will_end", "invoice.paid", "v2.core.event"])
async def test_events_about_other_things_are_taken_and_change_nothing(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any], kind: str
) -> None:
    event = {**an_event(), "type": kind, "data": {"object": {"object": "something else", "id": None}}}
    assert await deliver(stripe, event) == because("unhandled_type")


@pytest.mark.parametrize(
    ("how", "spoil"),
    [
        ({"secret": "whsec_another"}, {}),
        ({"ago": 301}, {}),
        ({"ago": 100_000}, {}),
        ({}, {"stripe-signature": ""}),
        ({}, {"stripe-signature": "nonsense"}),
        ({}, {"stripe-signature": "t=1,v1"}),
        ({}, {"stripe-signature": "t=now,v1=00"}),
        ({}, {"stripe-signature": "v1=00"}),
        ({}, {"stripe-signature": f"t={NOW}"}),
        ({}, {"stripe-signature": f"t={NOW},v0=00"}),
        ({}, {"stripe-signature": f"t={NOW},v1=\xe9"}),
        ({}, {"stripe-signature": f"t={'9' * 5000},v1=00"}),
    ],
    ids=[
        "another secret",
        "stale by a second",
        "stale by a day",
        "empty",
        "no pairs",
        "no value",
        "no number",
        "no time",
        "no signature",
        "an old scheme",
        "not ascii",
        "a time without end",
    ],
)
async def test_what_stripe_did_not_sign_just_now_is_refused(
    stripe: httpx.AsyncClient,
    database: psycopg.Connection[Any],
    how: dict[str, Any],
    spoil: dict[str, str],
) -> None:
    content, headers = signed(an_event(), **how)
    sent = [(name.encode(), value.encode("latin-1")) for name, value in {**headers, **spoil}.items()]
    answer = await stripe.post(WEBHOOK, content=content, headers=sent)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert WEBHOOK_SECRET not in answer.text
    assert tier_of(database) is None


async def test_an_event_signed_four_minutes_ago_is_taken(stripe: httpx.AsyncClient) -> None:
    assert await deliver(stripe, an_event(), ago=240) == APPLIED


async def test_a_signature_covers_every_byte_of_the_body(
    stripe: httpx.AsyncClient, database: psycopg.Connection[Any]
) -> None:
    content, headers = signed(an_event())
    for changed in (content + b" ", content.replace(b'"pro"', b'"quant"'), b"", b"\xff" + content):
        answer = await stripe.post(WEBHOOK, content=changed, headers=headers)
        assert answer.status_code == 400
    assert tier_of(database) is None


async def test_a_missing_signature_is_refused(stripe: httpx.AsyncClient) -> None:
    answer = await stripe.post(WEBHOOK, json=an_event())
    assert answer.status_code == 400
    assert "stripe-signature" in answer.json()["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"null", b'{"id": 1, "type": "x"}', b"{" * 500, b'{"id":"","type":"x"}'],
    ids=str,
)
async def test_what_is_signed_but_no_event_is_refused(stripe: httpx.AsyncClient, body: bytes) -> None:
    content, headers = signed(None, body=body)
    answer = await stripe.post(WEBHOOK, content=content, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_the_content_type_does_not_matter(stripe: httpx.AsyncClient) -> None:
    content, headers = signed(an_event())
    answer = await stripe.post(WEBHOOK, content=content, headers={**headers, "content-type": "text/plain"})
    assert answer.status_code == 200


async def test_a_body_beyond_the_limit_is_too_large(stripe: httpx.AsyncClient) -> None:
    content, headers = signed(an_event(padding="x" * 1_100_000))
    answer = await stripe.post(WEBHOOK, content=content, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (413, "content_too_large")


def test_the_api_alone_cannot_give_a_tier(api_database_url: str) -> None:
    with (
        psycopg.connect(api_database_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("select identity.set_tier('acme', 'enterprise')")


class TestWithoutASecret:
    """An installation that does not know Stripe."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings()

    async def test_events_cannot_be_told_from_others(self, stripe: httpx.AsyncClient) -> None:
        content, headers = signed(an_event())
        answer = await stripe.post(WEBHOOK, content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (503, "service_unavailable")
        assert answer.json()["message"] == "Billing service not configured."
