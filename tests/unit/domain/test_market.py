from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from domain import market
from domain.market import IMPORTED_TOPICS, KINDS, Kind, Market, market_id, market_of
from infrastructure.eventstore.codec import decode, encode, register_aggregates, topic_of

NOW = datetime(2026, 3, 26, 8, tzinfo=UTC)
BESIDE: dict[Kind, dict[str, Any]] = {
    "prices": {"listing_ids": [1], "tickers": ["AAPL"]},
    "actions": {"listing_ids": [1], "tickers": ["AAPL"]},
    "instruments": {"listing_ids": [1], "tickers": ["AAPL"]},
    "fx": {"currencies": ["EUR", "USD"]},
    "rates": {"currencies": ["EUR"]},
    "factors": {"factor_names": ["value"]},
    "constituents": {"benchmark": "SPX", "tickers": ["AAPL"]},
}


def an_import(**changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "import_id": UUID(int=7),
        "sequence": 3,
        "source": "file",
        "filename": "prices.csv",
        "sha256": "0" * 64,
        "rows": 2,
        "revised": 1,
        "start": date(2024, 1, 2),
        "end": date(2024, 1, 3),
    }
    return {**told, **changed}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_import_has_an_event_that_survives_storing(kind: Kind) -> None:
    register_aggregates(market)
    stream = market_of("acme", 0, at=NOW)
    stream.tell(kind, at=NOW, **an_import(), **BESIDE[kind])
    started, told = stream.pending_events
    assert (topic_of(started), topic_of(told) in IMPORTED_TOPICS) == ("market.started", True)
    read = decode(
        topic_of(told),
        encode(told).decode(),
        originator_id=market_id("acme"),
        originator_version=2,
        effective_at=NOW,
        recorded_at=told.timestamp,
    )
    assert read == told


def test_a_stream_goes_on_where_it_was_without_its_events() -> None:
    stream = market_of("acme", 5, at=NOW)
    stream.tell("fx", at=NOW, **an_import(), currencies=["EUR"])
    assert [(type(event), event.originator_version) for event in stream.pending_events] == [
        (Market.FxImported, 6)
    ]


def test_owners_have_streams_of_their_own() -> None:
    assert len({market_id("acme"), market_id("other"), market_id(market.SHARED)}) == 3
