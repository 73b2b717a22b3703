"""Deliveries to real servers on this machine: signatures, retries, and everything a receiver can do to a sender."""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from tests.support.callers import a_caller
from tests.support.names import PUBLIC
from tests.support.webhook_desk import SECRET, Desk, a_desk
from tests.support.webhook_receiver import (
    Answering,
    a_receiver,
    answering,
    certified,
    endless,
    held_until,
    nonsense,
    silent,
    unfinished,
)

from application.ledger import forget
from application.webhooks.destination import Destinations
from application.webhooks.signature import shown
from infrastructure.identity.sealing import Seal
from infrastructure.webhooks.post import Poster
from infrastructure.webhooks.queue import Limits


def verified(secret: bytes, received: Any) -> Any:
    return Webhook(shown(secret)).verify(received.body, received.headers)


async def test_a_delivery_arrives_signed_as_the_receivers_library_wants_it(desk: Desk) -> None:
    async with a_receiver() as receiver:
        endpoint = await desk.endpoint(receiver.url)
        news = await desk.happens()
        assert await desk.send() == 1
    (received,) = receiver.received
    assert verified(SECRET, received)["data"] == {"note": "größer ✓"}
    assert received.body.decode() == news.body
    assert (received.method, received.path) == ("POST", "/hooks?from=trimtab")
    assert received.headers["content-type"] == "application/json"
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert "cookie" not in received.headers
    assert "authorization" not in received.headers
    (delivery,) = await desk.log(endpoint)
    assert (delivery.status, delivery.status_code, delivery.error) == ("delivered", 204, None)
    assert received.headers["webhook-id"] == f"msg_{delivery.delivery_id.hex}"
    assert [(one.number, one.status_code, one.error) for one in delivery.attempts] == [(1, 204, None)]
    assert await desk.send() == 0


async def test_a_failed_delivery_comes_again_when_it_is_due_under_the_same_id(desk: Desk) -> None:
    async with a_receiver(answering(500), answering(503), answering(200, body=b"thanks")) as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        assert await desk.send() == 1
        assert await desk.send() == 0  # it is not due yet
        assert (await desk.now(endpoint)).failing_since is not None
        await desk.time_passes(6)
        assert await desk.send() == 1
        await desk.time_passes(6)
        assert await desk.send() == 0  # the second wait is longer
        await desk.time_passes(300)
        assert await desk.send() == 1
    ids = {one.headers["webhook-id"] for one in receiver.received}
    assert (len(receiver.received), len(ids)) == (3, 1)
    for received in receiver.received:
        verified(SECRET, received)
    (delivery,) = await desk.log(endpoint)
    assert delivery.status == "delivered"
    assert [(one.number, one.status_code, one.error) for one in delivery.attempts] == [
        (3, 200, None),
        (2, 503, "status"),
        (1, 500, "status"),
    ]
    assert (await desk.now(endpoint)).failing_since is None


async def test_after_the_last_attempt_a_delivery_has_failed_and_the_endpoint_goes_on(desk: Desk) -> None:
    async with a_receiver(answering(500), answering(500), answering(500), answering(204)) as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        for _ in range(3):
            assert await desk.send() == 1
            await desk.time_passes(400)
        assert await desk.send() == 0
        (delivery,) = await desk.log(endpoint)
        assert (delivery.status, len(delivery.attempts)) == ("failed", 3)
        assert (await desk.now(endpoint)).is_active
        await desk.happens()
        await desk.send()
        assert [one.status for one in await desk.log(endpoint)] == ["delivered", "failed"]


async def test_an_endpoint_that_has_taken_nothing_for_days_is_disabled_and_its_owner_can_see_why(
    desk: Desk,
) -> None:
    async with a_receiver(answering(500)) as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        for seconds in (400, 6 * 86_400):
            await desk.send()
            await desk.time_passes(seconds)
        assert (await desk.now(endpoint)).is_active
        await desk.send()
        await desk.happens()
    disabled = await desk.now(endpoint)
    assert (disabled.is_active, disabled.disabled_reason) == (False, "failing")
    assert disabled.disabled_at is not None
    assert [(one.status, len(one.attempts)) for one in await desk.log(endpoint)] == [("failed", 3)]
    assert await desk.rows(
        "select action, actor, subject, detail from identity.audit where action = 'webhook.disabled'"
    ) == [("webhook.disabled", "webhooks", f"webhook/{endpoint.endpoint_id}", {"reason": "failing"})]
    assert await desk.send() == 0
    again = await desk.webhooks.change(a_caller(), endpoint.endpoint_id, {"is_active": True})
    assert (again.disabled_at, again.disabled_reason, again.failing_since) == (None, None, None)


async def test_with_a_backlog_tried_one_by_one_an_endpoint_is_disabled_before_all_of_it_has_failed(
    desk: Desk,
) -> None:
    async with a_receiver(answering(500)) as receiver:
        endpoint = await desk.endpoint(receiver.url)
        for _ in range(20):
            await desk.happens()
        await desk.send()
        await desk.time_passes(5 * 86_400 + 400)
        await desk.send()
    assert (await desk.now(endpoint)).disabled_reason == "failing"
    log = await desk.log(endpoint)
    assert {(one.status, one.error) for one in log} == {("failed", "inactive")}
    assert sum(len(one.attempts) for one in log) == 5 == len(receiver.received)


async def test_an_endpoint_that_says_it_is_gone_is_disabled_at_once(desk: Desk) -> None:
    async with a_receiver(answering(410)) as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        await desk.happens()
        await desk.send(limits=Limits(per_endpoint=1))
        assert await desk.send() == 0
    gone = await desk.now(endpoint)
    assert (gone.is_active, gone.disabled_reason) == (False, "gone")
    assert {one.status for one in await desk.log(endpoint)} == {"failed"}
    assert len(receiver.received) == 1


async def test_what_the_receiver_asks_to_wait_is_waited_for(desk: Desk) -> None:
    async with a_receiver(answering(429, "Retry-After: 3600"), answering(204)) as receiver:
        await desk.endpoint(receiver.url)
        await desk.happens()
        await desk.send()
        await desk.time_passes(3500)
        assert await desk.send() == 0
        await desk.time_passes(200)
        assert await desk.send() == 1


async def test_a_redirect_is_not_followed(desk: Desk) -> None:
    async with a_receiver() as inside, a_receiver(answering(307, f"Location: {inside.url}")) as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        await desk.send()
    (delivery,) = await desk.log(endpoint)
    assert (delivery.status, delivery.status_code, delivery.error) == ("pending", 307, "redirect")
    assert inside.connections == 0


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [(silent, None, "timeout"), (nonsense, None, "protocol")],
    ids=["silence", "nonsense"],
)
async def test_an_answer_that_does_not_come_is_a_failure(
    desk: Desk, answer: Answering, status: int | None, code: str
) -> None:
    async with a_receiver(answer) as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        await desk.send(poster=Poster(ssl.create_default_context(), seconds=0.3))
    (delivery,) = await desk.log(endpoint)
    assert (delivery.status, delivery.status_code, delivery.error) == ("pending", status, code)


@pytest.mark.parametrize(
    "answer",
    [endless, unfinished, answering(200, body=b"x" * 5_000_000)],
    ids=["endless", "unfinished", "huge"],
)
async def test_an_answer_of_any_size_is_a_success_by_its_status_and_is_not_read_to_the_end(
    desk: Desk, answer: Answering
) -> None:
    async with a_receiver(answer) as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        await asyncio.wait_for(desk.send(), 8)
    (delivery,) = await desk.log(endpoint)
    assert (delivery.status, delivery.status_code) == ("delivered", 200)


async def test_nobody_listening_is_a_failure(desk: Desk) -> None:
    async with a_receiver() as receiver:
        url = receiver.url
    endpoint = await desk.endpoint(url)
    await desk.happens()
    await desk.send()
    assert [one.error for one in await desk.log(endpoint)] == ["connect"]


async def test_nothing_of_an_answer_is_kept_but_its_status(desk: Desk) -> None:
    async with a_receiver(answering(500, "X-Secret: inside", body=b"root:x:0:0")) as receiver:
        await desk.endpoint(receiver.url)
        await desk.happens()
        await desk.send()
    kept = await desk.rows(
        "select row_to_json(d)::text, row_to_json(a)::text from webhook.delivery d, webhook.attempt a"
    )
    assert "root" not in str(kept)
    assert "inside" not in str(kept)


async def test_a_slow_endpoint_holds_up_nobody_else(desk: Desk) -> None:
    released = asyncio.Event()
    async with a_receiver(held_until(released, answering(204))) as slow, a_receiver() as quick:
        waiting = await desk.endpoint(slow.url)
        prompt = await desk.endpoint(quick.url)
        for _ in range(10):
            await desk.happens()
        sender = desk.sender(limits=Limits(at_once=8, per_endpoint=4, per_tenant=100))
        while len(quick.received) < 10:
            await sender.begin()
            await asyncio.sleep(0.01)
        assert len(slow.received) <= 4
        released.set()
        while await sender.begin() or sender.busy:
            await sender.settle()
    assert {one.status for one in await desk.log(waiting)} == {"delivered"}
    assert {one.status for one in await desk.log(prompt)} == {"delivered"}


async def test_during_a_rotation_both_secrets_verify_and_afterwards_the_new_one_alone(desk: Desk) -> None:
    fresh = bytes(reversed(SECRET))
    async with a_receiver() as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.webhooks.rotate(a_caller(), endpoint.endpoint_id, fresh, timedelta(hours=1), forget)
        await desk.happens()
        await desk.send()
        await desk.time_passes(3601)
        await desk.happens()
        await desk.send()
    during, afterwards = receiver.received
    for secret in (SECRET, fresh):
        verified(secret, during)
    verified(fresh, afterwards)
    with pytest.raises(WebhookVerificationError):
        verified(SECRET, afterwards)


async def test_a_replayed_delivery_is_sent_again_under_the_same_id_and_signed_anew(desk: Desk) -> None:
    async with a_receiver() as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        await desk.send()
        (delivery,) = await desk.log(endpoint)
        await desk.replayed(endpoint, delivery.delivery_id)
        assert await desk.send() == 1
    first, again = receiver.received
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body
    verified(SECRET, again)
    (delivery,) = await desk.log(endpoint)
    assert (delivery.status, [one.number for one in delivery.attempts]) == ("delivered", [2, 1])


async def test_a_delivery_that_failed_for_good_has_all_its_attempts_again_when_it_is_replayed(
    desk: Desk,
) -> None:
    async with a_receiver(answering(500)) as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        for _ in range(3):
            await desk.send()
            await desk.time_passes(400)
        (delivery,) = await desk.log(endpoint)
        assert delivery.status == "failed"
        await desk.replayed(endpoint, delivery.delivery_id)
        await desk.send()
    (delivery,) = await desk.log(endpoint)
    assert (delivery.status, len(delivery.attempts)) == ("pending", 4)


async def test_what_was_sealed_with_another_secret_is_not_sent_and_a_rotation_heals_it(desk: Desk) -> None:
    async with a_receiver() as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        changed = Seal("another secret of the installation", b"webhooks")
        await desk.send(seal=changed)
        assert receiver.received == []
        assert [one.error for one in await desk.log(endpoint)] == ["secret_unreadable"]
        await desk.webhooks.rotate(a_caller(), endpoint.endpoint_id, SECRET, timedelta(0), forget)
        await desk.time_passes(60)
        await desk.send()
    assert len(receiver.received) == 1


# Where a delivery may go, looked at on every attempt.


def answering_in_turn(*answers: Sequence[str]) -> Any:
    """A name server whose answers change."""
    left = list(answers)

    async def resolve(name: str) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def test_a_name_that_turns_inwards_after_it_was_registered_is_not_sent_to(desk: Desk) -> None:
    """DNS rebinding: public when it is looked at first, private when it is sent to."""
    destinations = Destinations(answering_in_turn([PUBLIC], ["127.0.0.1"]))
    async with a_receiver() as receiver:
        url = f"https://rebinding.example.com:{receiver.port}/"
        assert await destinations.addresses(destinations.read(url))
        endpoint = await desk.endpoint(url)
        await desk.happens()
        await desk.send(destinations=destinations)
        assert receiver.connections == 0
    assert [one.error for one in await desk.log(endpoint)] == ["not_public"]


async def test_the_connection_goes_to_the_address_that_was_looked_at_and_the_name_is_verified(
    database_url: str, tmp_path: Path
) -> None:
    """The name leads here only in this test's own resolver: whoever looked it up again would get nowhere."""
    asked: list[str] = []

    async def resolve(name: str) -> Sequence[str]:
        asked.append(name)
        return ["127.0.0.1"]

    server, client = certified(tmp_path, ["hooks.example.com"])
    async with a_desk(database_url, tls=client, resolve=resolve) as desk, a_receiver(tls=server) as receiver:
        named = await desk.endpoint(f"https://hooks.example.com:{receiver.port}/x")
        other = await desk.endpoint(f"https://other.example.com:{receiver.port}/x")
        bare = await desk.endpoint(f"https://127.0.0.1:{receiver.port}/x")
        await desk.happens()
        await desk.send()
        outcomes = [(await desk.log(one))[0] for one in (named, other, bare)]
    assert [(one.status, one.error) for one in outcomes] == [
        ("delivered", None),
        ("pending", "tls"),
        ("pending", "tls"),
    ]
    (received,) = receiver.received
    assert received.headers["host"] == f"hooks.example.com:{receiver.port}"
    assert sorted(asked) == ["hooks.example.com", "other.example.com"]


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    database_url: str, tmp_path: Path
) -> None:
    server, _ = certified(tmp_path, ["127.0.0.1"])
    async with a_desk(database_url) as desk, a_receiver(tls=server) as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        await desk.send()
        assert [one.error for one in await desk.log(endpoint)] == ["tls"]
    assert receiver.received == []


async def test_the_next_address_is_tried_where_one_takes_no_connection(desk: Desk) -> None:
    async def resolve(name: str) -> Sequence[str]:
        return ["::1", "127.0.0.1"]

    async with a_receiver() as receiver:  # on 127.0.0.1 alone
        endpoint = await desk.endpoint(f"http://localhost:{receiver.port}/")
        await desk.happens()
        await desk.send(destinations=Destinations(resolve, allow_loopback=True))
    assert [one.status for one in await desk.log(endpoint)] == ["delivered"]


async def test_without_the_setting_this_machine_is_not_sent_to_whatever_was_registered(desk: Desk) -> None:
    async with a_receiver() as receiver:
        endpoint = await desk.endpoint(receiver.url)
        await desk.happens()
        await desk.send(destinations=Destinations(answering_in_turn(["127.0.0.1"])))
    assert receiver.connections == 0
    assert [one.error for one in await desk.log(endpoint)] == ["https_required"]


async def test_a_name_without_an_address_is_tried_again_later(desk: Desk) -> None:
    endpoint = await desk.endpoint("https://nowhere.example.com/")
    await desk.happens()
    await desk.send()
    (delivery,) = await desk.log(endpoint)
    assert (delivery.status, delivery.error, delivery.attempts[0].milliseconds) == (
        "pending",
        "no_address",
        0,
    )


async def test_proxies_of_the_environment_and_cookies_of_earlier_answers_are_ignored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_receiver() as proxy, a_receiver(answering(200, "Set-Cookie: a=b; Path=/")) as receiver:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await desk.endpoint(receiver.url)
        for _ in range(2):
            await desk.happens()
            await desk.send()
    assert proxy.connections == 0
    assert [one.headers.get("cookie") for one in receiver.received] == [None, None]
    assert receiver.connections == 2
