"""What an import of market data says it concerns."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest

from agents.repricing.agent import KIND_OF, RepricingAgent, news_of
from application.inbox import Message
from application.ledger import Ledger
from application.market.exposures import DEPENDS_ON, Exposed, News
from domain.market import KINDS
from projections.published.catalogue import CATALOGUE, MARKET_IMPORTED


def a_message(event_type: str, **data: Any) -> Message:
    return Message(
        stream=MARKET_IMPORTED,
        entry_id="9-0",
        position=9,
        event_id="event",
        event_type=event_type,
        tenant="*",
        subject="market/*",
        correlation_id="correlation",
        traceparent=None,
        data=msgspec.json.encode(data),
    )


def test_every_kind_of_import_is_understood() -> None:
    published = {kind.event_type for kind in CATALOGUE if kind.stream == MARKET_IMPORTED}
    assert set(KIND_OF) == published
    assert set(KIND_OF.values()) == set(KINDS) == set(DEPENDS_ON)


@pytest.mark.parametrize(
    ("event_type", "data", "concerned"),
    [
        ("pm.market.prices-imported.v1", {"listing_ids": [3, 4], "rows": 2}, {"listing_ids": [3, 4]}),
        ("pm.market.fx-imported.v1", {"currencies": ["CHF"]}, {"currencies": ["CHF"]}),
        ("pm.market.constituents-set.v1", {"benchmark": "SP20EW"}, {"benchmark": "SP20EW"}),
    ],
)
def test_news_are_what_the_import_names(
    event_type: str, data: dict[str, Any], concerned: dict[str, Any]
) -> None:
    news = news_of(a_message(event_type, **data))
    expected = {"listing_ids": [], "currencies": [], "benchmark": None, **concerned}
    assert news == News(kind=KIND_OF[event_type], owner="*", position=9, **expected)


def test_other_events_are_no_news() -> None:
    assert news_of(a_message("pm.market.started.v1")) is None


class Reader:
    """Counts how often it is asked what an import concerns, which is nothing."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def shows(self, position: int) -> None:
        self.asked.append(position)

    async def concerned(self, news: News) -> list[Exposed]:
        return []

    async def unbegun(self, portfolio_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
        return {}


async def test_the_first_import_is_looked_at_at_once_and_the_next_waits_until_it_is_calm() -> None:
    reader = Reader()
    agent = RepricingAgent(Ledger(None), reader, calm_seconds=3600)  # type: ignore[arg-type]
    prices = a_message("pm.market.prices-imported.v1", listing_ids=[1])
    await agent.handle([prices])
    assert reader.asked == [9]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(agent.handle([prices]), 0.05)
    assert reader.asked == [9]
