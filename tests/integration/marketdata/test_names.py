from datetime import UTC, datetime

import pytest
from tests.support.market import MarketData

from application.market.quotes import Name
from infrastructure.marketdata.history import PostgresMarketHistory

APPLE, OTHER = "US0378331005", "US5949181045"


async def meant(
    history: PostgresMarketHistory, name: Name, tenant: str = "acme", known_at: datetime | None = None
) -> int | None:
    (listing,) = await history.listings(tenant, [name], known_at=known_at)
    return None if listing is None else listing.listing_id


async def test_an_isin_finds_what_another_ticker_is_called(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.listing("AAPL", isin=APPLE)
    assert await meant(history, Name("APC", isin=APPLE)) == listing
    assert await meant(history, Name("APC")) is None


async def test_one_isin_in_two_currencies_is_two_listings(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    dollars = shared.listing("AAPL", isin=APPLE, currency="USD")
    euros = shared.listing("APC", isin=APPLE, currency="EUR")
    assert await meant(history, Name("X", isin=APPLE, currency="USD")) == dollars
    assert await meant(history, Name("X", isin=APPLE, currency="EUR")) == euros
    assert await meant(history, Name("AAPL", isin=APPLE, currency="GBP")) is None


async def test_a_ticker_in_another_currency_is_another_thing(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    shared.listing("ABC", currency="USD")
    assert await meant(history, Name("ABC", currency="EUR")) is None
    anywhere = shared.listing("XYZ", currency=None)
    assert await meant(history, Name("XYZ", currency="EUR")) == anywhere


async def test_the_same_ticker_with_another_isin_is_another_thing(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    shared.listing("AAPL", isin=APPLE)
    assert await meant(history, Name("AAPL", isin=OTHER)) is None


@pytest.mark.parametrize("exchange", ["XNSE", "NSE", "nse"])
async def test_the_exchange_decides_between_listings_of_one_ticker(
    shared: MarketData, history: PostgresMarketHistory, exchange: str
) -> None:
    shared.listing("TCS", exchange="XBOM", currency="INR")
    national = shared.listing("TCS", exchange="XNSE", currency="INR")
    assert await meant(history, Name("TCS", currency="INR", exchange=exchange)) == national


async def test_another_exchange_is_better_than_nothing(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.listing("ABC", exchange="XNAS")
    assert await meant(history, Name("ABC", exchange="ARCX")) == listing


async def test_own_goes_before_shared_unless_it_is_traded_elsewhere(
    shared: MarketData, own: MarketData, history: PostgresMarketHistory
) -> None:
    public = shared.listing("ABC", exchange="XNAS", isin=APPLE)
    private = own.listing("ABC", exchange="XNYS")
    assert await meant(history, Name("ABC", isin=APPLE)) == private
    assert await meant(history, Name("ABC", exchange="XNAS")) == public
    assert await meant(history, Name("ABC", isin=APPLE), tenant="other") == public


async def test_an_alias_is_another_name_unless_it_only_stands_in(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    index = shared.listing(
        "NIFTY50", currency="INR", aliases={"NIFTY": None, "NIFTYBEES": "the index stands in"}
    )
    assert await meant(history, Name("nifty")) == index
    assert await meant(history, Name("NIFTYBEES")) is None


async def test_a_ticker_goes_before_an_alias(shared: MarketData, history: PostgresMarketHistory) -> None:
    shared.listing("OLD", aliases={"NEW": None})
    listing = shared.listing("NEW")
    assert await meant(history, Name("NEW")) == listing


async def test_an_alias_means_what_it_was_last_given_to(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    shared.listing("AAA", aliases={"X": None})
    second = shared.listing("BBB", aliases={"X": None})
    assert await meant(history, Name("X")) == second


async def test_what_is_said_of_a_listing_counts_field_by_field(
    shared: MarketData, own: MarketData, history: PostgresMarketHistory, database_url: str
) -> None:
    shared.listing("ABC", name="Old", sector="energy", geography="US")
    shared.listing("ABC", name="New")
    with own.importing("instruments") as current:
        (known,) = await history.listings("acme", [Name("ABC")])
        assert known is not None
        current.insert("description", [{"listing_id": known.listing_id, "sector": "materials"}])
    for tenant, sector in (("acme", "materials"), ("other", "energy")):
        (listing,) = await history.listings(tenant, [Name("ABC")])
        assert listing is not None
        assert (listing.name, listing.sector, listing.geography) == ("New", sector, "US")


async def test_a_listing_was_not_known_before_it_was_recorded(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.listing("ABC")
    assert await meant(history, Name("ABC"), known_at=datetime(2020, 1, 1, tzinfo=UTC)) is None
    assert await meant(history, Name("ABC"), known_at=datetime.now(UTC)) == listing
