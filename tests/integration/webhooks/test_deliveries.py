"""Which events become deliveries, how often, and for whom."""

import asyncio
from datetime import UTC, datetime, timedelta

from tests.support.callers import a_caller
from tests.support.webhook_desk import MONTH, Desk

from application.ledger import forget
from infrastructure.webhooks.queue import DeliveryQueue, Limits

URL = "https://hooks.example.com/"


async def test_an_event_becomes_one_delivery_however_often_it_is_announced(desk: Desk) -> None:
    endpoint = await desk.endpoint(URL)
    news = await desk.happens()
    await asyncio.gather(*(desk.outbox.announce([news, news]) for _ in range(5)))
    assert [one.event_id for one in await desk.log(endpoint)] == [news.event_id]
    assert desk.metrics.announced._value.get() == 1


async def test_every_endpoint_that_asked_gets_its_own_delivery_and_no_other_does(desk: Desk) -> None:
    chat, archive = (
        await desk.endpoint(URL),
        await desk.endpoint(URL, events=("pm.rebalance.recommended.v1",)),
    )
    imports = await desk.endpoint(URL, events=("import.done", "job.finished"))
    stranger = await desk.endpoint(URL, tenant="other")
    await desk.happens()
    ids = {(await desk.log(one))[0].delivery_id for one in (chat, archive)}
    assert len(ids) == 2
    assert await desk.log(imports) == []
    assert await desk.log(stranger, tenant="other") == []
    await desk.happens(event_type="pm.market.prices-imported.v1")
    await desk.happens(event_type="pm.risk.computed.v1")
    assert {one.event_type for one in await desk.log(imports)} == {
        "pm.market.prices-imported.v1",
        "pm.risk.computed.v1",
    }


async def test_what_happened_before_the_endpoint_was_active_is_not_sent(desk: Desk) -> None:
    endpoint = await desk.endpoint(URL)
    await desk.happens(position=0)
    assert await desk.log(endpoint) == []


async def test_an_event_older_than_the_log_is_not_sent_again(desk: Desk) -> None:
    endpoint = await desk.endpoint(URL)
    await desk.happens(happened_at=(datetime.now(UTC) - MONTH).isoformat())
    assert await desk.log(endpoint) == []


async def test_an_endpoint_that_is_switched_off_is_sent_nothing(desk: Desk) -> None:
    endpoint = await desk.endpoint(URL)
    await desk.webhooks.change(a_caller(), endpoint.endpoint_id, {"is_active": False})
    await desk.happens()
    assert await desk.log(endpoint) == []


async def test_a_delivery_that_was_let_go_and_made_again_is_the_same_webhook(desk: Desk) -> None:
    endpoint = await desk.endpoint(URL)
    news = await desk.happens()
    (before,) = await desk.log(endpoint)
    await desk.rows("delete from webhook.delivery returning 1")
    await desk.outbox.announce([news])
    assert [one.delivery_id for one in await desk.log(endpoint)] == [before.delivery_id]


async def test_the_log_is_kept_for_its_time_and_what_waits_is_kept_longer(desk: Desk) -> None:
    endpoint = await desk.endpoint(URL)
    for status, age in (("delivered", 29), ("delivered", 31), ("failed", 31), ("pending", 31)):
        news = await desk.happens()
        await desk.rows(
            "with d as (update webhook.delivery set status = %s, created_at = now() - %s where event_id = %s), "
            "m as (update webhook.message set recorded_at = now() - %s where event_id = %s) select 1",
            status,
            timedelta(days=age),
            news.event_id,
            timedelta(days=age),
            news.event_id,
        )
    queue = DeliveryQueue(desk.owner, Limits())
    assert await queue.sweep(MONTH) == 4  # two deliveries, and what they said
    assert {one.status for one in await desk.log(endpoint)} == {"delivered", "pending"}
    assert len(await desk.rows("select 1 from webhook.message")) == 2
    assert await queue.sweep(MONTH) == 0


async def test_the_queue_is_shared_fairly(desk: Desk) -> None:
    """One tenant's flood and one endpoint's backlog come after the single deliveries of others."""
    flooded = [await desk.endpoint(URL) for _ in range(6)]
    for _ in range(20):
        await desk.happens()
    quiet = await desk.endpoint(URL, tenant="other")
    await desk.happens(tenant="other")
    queue = DeliveryQueue(desk.owner, Limits(per_endpoint=4, per_tenant=10))
    first = await queue.claim(4)
    assert quiet.endpoint_id in {job.endpoint_id for job in first}
    assert len({job.endpoint_id for job in first}) == 4
    rest = await queue.claim(100)
    of_flooded = [job for job in (*first, *rest) if job.tenant_id == "acme"]
    assert len(of_flooded) == 10
    by_endpoint = [sum(job.endpoint_id == one.endpoint_id for job in of_flooded) for one in flooded]
    assert max(by_endpoint) <= 4
    assert min(by_endpoint) >= 1
    assert await queue.claim(100) == []


async def test_an_endpoint_that_fails_is_tried_one_delivery_at_a_time(desk: Desk) -> None:
    endpoint = await desk.endpoint(URL)
    for _ in range(5):
        await desk.happens()
    await desk.rows("update webhook.endpoint set failing_since = now() returning 1")
    queue = DeliveryQueue(desk.owner, Limits())
    assert [job.endpoint_id for job in await queue.claim(100)] == [endpoint.endpoint_id]
    assert await queue.claim(100) == []


async def test_no_delivery_is_lent_twice_at_once(desk: Desk) -> None:
    for _ in range(4):
        await desk.endpoint(URL)
    for _ in range(5):
        await desk.happens()
    queues = [DeliveryQueue(desk.owner, Limits(per_tenant=100)) for _ in range(6)]
    lent = [
        job.delivery_id
        for jobs in await asyncio.gather(*(queue.claim(3) for queue in queues))
        for job in jobs
    ]
    assert len(lent) == len(set(lent)) == 16  # four for each endpoint, although six asked for three


async def test_a_lease_that_ended_is_lent_again_and_its_old_holder_records_nothing(desk: Desk) -> None:
    from infrastructure.webhooks.post import Outcome

    endpoint = await desk.endpoint(URL)
    await desk.happens()
    queue = DeliveryQueue(desk.owner, Limits())
    (slow,) = await queue.claim(10)
    assert await queue.claim(10) == []
    await desk.time_passes(3600)
    (fast,) = await queue.claim(10)
    assert fast.delivery_id == slow.delivery_id
    taken, lost = (
        Outcome(status_code=204, error=None, milliseconds=1),
        Outcome(status_code=500, error="status", milliseconds=1),
    )
    now = datetime.now(UTC)
    await queue.delivered(fast, taken, now)
    assert await queue.failed(slow, lost, now, wait=timedelta(0)) is None
    (delivery,) = await desk.log(endpoint)
    assert (delivery.status, len(delivery.attempts)) == ("delivered", 1)
    assert (await desk.now(endpoint)).failing_since is None
    assert await desk.webhooks.replay(a_caller(), endpoint.endpoint_id, delivery.delivery_id, forget)
