from collections.abc import Sequence
from typing import Any

from agents.webhooks.agent import WebhookAgent
from application.inbox import Message
from application.webhooks.outbox import Announcement


class Kept:
    """An outbox that keeps what it was told."""

    def __init__(self) -> None:
        self.news: list[Sequence[Announcement]] = []

    async def announce(self, news: Sequence[Announcement]) -> int:
        self.news.append(news)
        return len(news)


def a_message(event_type: str, **given: Any) -> Message:
    facts: dict[str, Any] = {
        "stream": "pm:rebalance:recommended",
        "entry_id": "7-0",
        "position": 7,
        "event_id": "e-1",
        "event_type": event_type,
        "tenant": "acme",
        "subject": "market/acme",
        "correlation_id": "c-1",
        "traceparent": None,
        "data": b"{}",
        "attributes": {"time": "2026-03-26T08:00:00Z", "tenantid": "acme"},
    }
    return Message(**(facts | given))


async def told(*messages: Message) -> list[Announcement]:
    outbox = Kept()
    await WebhookAgent(outbox).handle(messages)
    return [one for news in outbox.news for one in news]


async def test_an_event_is_announced_under_every_name_that_asks_for_it() -> None:
    (announced,) = await told(a_message("pm.rebalance.recommended.v1"))
    assert announced.names == ("pm.rebalance.recommended.v1", "recommendation.made")
    assert (announced.tenant_id, announced.event_id, announced.position) == ("acme", "e-1", 7)
    assert announced.happened_at == "2026-03-26T08:00:00Z"


async def test_events_that_nobody_can_ask_for_cost_nothing() -> None:
    outbox = Kept()
    await WebhookAgent(outbox).handle([a_message("pm.portfolio.registered.v1")])
    assert outbox.news == []


async def test_what_belongs_to_all_tenants_is_told_to_none() -> None:
    assert await told(a_message("pm.market.prices-imported.v1", tenant="*")) == []


async def test_events_of_one_read_are_announced_together() -> None:
    outbox = Kept()
    kept = [a_message("pm.risk.computed.v1", position=position) for position in (1, 2)]
    await WebhookAgent(outbox).handle(kept)
    assert [len(news) for news in outbox.news] == [2]
