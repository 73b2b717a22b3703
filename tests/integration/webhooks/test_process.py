"""The whole way: an event of the store, over the streams, by the process `webhooks`, to a receiver."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date
from subprocess import Popen

import pytest
from prometheus_client import CollectorRegistry
from redis import Redis
from standardwebhooks import Webhook
from tests.support.market_news import MarketNews
from tests.support.relaying import positions_on, relaying, soon, worker
from tests.support.streams import a_ledger
from tests.support.webhook_desk import SEAL_SECRET, SECRET, Desk
from tests.support.webhook_receiver import a_receiver, answering, held_until

from application.webhooks.signature import shown
from bootstrap.settings import Settings
from bootstrap.webhooks import serve
from infrastructure.redis.metrics import AgentMetrics
from infrastructure.webhooks.metrics import WebhookMetrics
from projections.published.catalogue import MARKET_IMPORTED

DAY = date(2026, 3, 26)


@pytest.fixture
async def news(database_url: str) -> AsyncIterator[MarketNews]:
    """Imports of the tenant `acme`."""
    async with a_ledger(database_url) as ledger:
        yield MarketNews(database_url, ledger, "acme")


@pytest.fixture
def telling(database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> object:
    """A way to start the process `webhooks`, for tests that kill it."""
    monkeypatch.setenv("TRIMTAB_JWT_SECRET", SEAL_SECRET)
    monkeypatch.setenv("TRIMTAB_WEBHOOK_ALLOW_LOOPBACK", "true")

    @contextmanager
    def start() -> Iterator[Popen[bytes]]:
        with worker("webhooks", database_url=database_url, redis_url=redis_url) as process:
            yield process

    return start


def of(database_url: str, redis_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        jwt_secret=SEAL_SECRET,
        webhook_allow_loopback=True,
    )


async def test_an_import_is_told_once_as_a_cloud_event_and_again_to_nobody_when_the_streams_repeat(
    desk: Desk, news: MarketNews, database_url: str, redis_url: str
) -> None:
    stop = asyncio.Event()
    async with a_receiver() as receiver, relaying(database_url, redis_url):
        await news.fx("USD", "EUR", DAY, 0.9)  # before there was anybody to tell
        endpoint = await desk.endpoint(receiver.url, events=("import.done",))
        position = await news.fx("USD", "EUR", DAY, 0.91)
        await MarketNews(database_url, news._ledger, "other").fx("USD", "EUR", DAY, 0.92)
        last = await MarketNews(database_url, news._ledger).fx(
            "USD", "EUR", DAY, 0.93
        )  # everybody's, so nobody's
        metrics = AgentMetrics("webhooks", registry := CollectorRegistry())
        telling = asyncio.create_task(
            serve(of(database_url, redis_url), metrics, WebhookMetrics(CollectorRegistry()), stop)
        )
        await soon(lambda: receiver.received)
        await soon(lambda: positions_on(redis_url, MARKET_IMPORTED)[-1:] == [last])
        handled = "trimtab_agent_handled_total"
        await soon(lambda: (registry.get_sample_value(handled, {"agent": "webhooks"}) or 0) >= 4)
        with Redis.from_url(redis_url) as redis:
            redis.flushall()
        await soon(lambda: (registry.get_sample_value(handled, {"agent": "webhooks"}) or 0) >= 8)
        stop.set()
        await telling
    (received,) = receiver.received
    body = Webhook(shown(SECRET)).verify(received.body, received.headers)
    assert (body["type"], body["tenantid"], body["sequence"]) == (
        "pm.market.fx-imported.v1",
        "acme",
        str(position),
    )
    assert body["timestamp"] == body["time"]
    assert body["data"]["currencies"] == ["EUR", "USD"]
    assert body.keys() >= {"specversion", "id", "source", "subject", "datacontenttype", "dataschema"}
    assert list(json.loads(received.body))[:3] == ["type", "timestamp", "data"]
    assert [one.status for one in await desk.log(endpoint)] == ["delivered"]


async def test_a_process_killed_after_the_receiver_was_told_and_before_that_was_noted_leads_to_a_repeat(
    desk: Desk, news: MarketNews, database_url: str, redis_url: str, telling: object
) -> None:
    never = asyncio.Event()
    async with (
        a_receiver(held_until(never, answering(204)), answering(204)) as receiver,
        relaying(database_url, redis_url),
    ):
        endpoint = await desk.endpoint(receiver.url, events=("import.done",))
        await news.fx("USD", "EUR", DAY, 0.9)
        with telling() as process:  # type: ignore[operator]
            await soon(lambda: receiver.received)
            process.kill()
            await asyncio.to_thread(process.wait)
        (interrupted,) = await desk.log(endpoint)
        assert (interrupted.status, interrupted.attempts) == ("pending", [])
        with telling():  # type: ignore[operator]
            await desk.time_passes(600)  # the lease of the dead process ends
            await soon(lambda: len(receiver.received) == 2)
            async with asyncio.timeout(20):
                while (await desk.log(endpoint))[0].status != "delivered":
                    await asyncio.sleep(0.05)
    first, again = receiver.received
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body
    for received in (first, again):
        Webhook(shown(SECRET)).verify(received.body, received.headers)
    (delivery,) = await desk.log(endpoint)
    assert [one.status_code for one in delivery.attempts] == [204]


async def test_while_redis_is_away_what_is_noted_still_goes_out(desk: Desk, database_url: str) -> None:
    stop = asyncio.Event()
    settings = of(database_url, "redis://127.0.0.1:1/0")
    async with a_receiver() as receiver:
        endpoint = await desk.endpoint(receiver.url)
        metrics = AgentMetrics("webhooks", CollectorRegistry())
        telling = asyncio.create_task(serve(settings, metrics, WebhookMetrics(CollectorRegistry()), stop))
        await desk.happens()
        await soon(lambda: receiver.received)
        stop.set()
        await telling
    assert [one.status for one in await desk.log(endpoint)] == ["delivered"]


async def test_two_processes_share_the_work_and_send_nothing_twice(
    desk: Desk, database_url: str, redis_url: str
) -> None:
    stop = asyncio.Event()
    async with a_receiver() as receiver:
        endpoints = [await desk.endpoint(receiver.url) for _ in range(3)]
        for _ in range(20):
            await desk.happens()
        telling = [
            asyncio.create_task(
                serve(
                    of(database_url, redis_url),
                    AgentMetrics("webhooks", CollectorRegistry()),
                    WebhookMetrics(CollectorRegistry()),
                    stop,
                )
            )
            for _ in range(2)
        ]
        await soon(lambda: len(receiver.received) >= 60)
        stop.set()
        await asyncio.gather(*telling)
    ids = [one.headers["webhook-id"] for one in receiver.received]
    assert len(ids) == len(set(ids)) == 60
    for endpoint in endpoints:
        assert {one.status for one in await desk.log(endpoint)} == {"delivered"}
