import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.support.database import as_api
from tests.support.market import MarketData, weekdays

from application.market.quotes import Name, Quote, Wanted
from infrastructure.marketdata.quotes import PostgresQuotes
from infrastructure.postgres.connect import pool
from infrastructure.postgres.reads import TenantReads

DAYS = weekdays("2022-12-28", 5)  # three in 2022, two in 2023
TODAY = date(2023, 6, 1)


@pytest.fixture
async def quotes(database_url: str) -> AsyncIterator[PostgresQuotes]:
    async with pool(as_api(database_url), "test", size=2) as connections:
        yield PostgresQuotes(TenantReads(connections), today=lambda: TODAY)


async def quote_of(
    quotes: PostgresQuotes,
    *,
    since: date = TODAY,
    upto: date | None = None,
    known_at: datetime | None = None,
    tenant: str = "acme",
) -> Quote | None:
    (quote,) = await quotes.quotes(tenant, [Wanted(Name("AAA"), since)], upto=upto, known_at=known_at)
    return quote


async def test_the_newest_bar_is_quoted_with_the_one_before(
    shared: MarketData, quotes: PostgresQuotes
) -> None:
    shared.bars("AAA", DAYS, [1.1, 2.2, 3.3, 4.4, 5.55], source="a vendor")
    quote = await quote_of(quotes)
    assert quote is not None
    assert (quote.day, quote.close) == (DAYS[4], Decimal("5.55"))
    assert (quote.previous_day, quote.previous_close) == (DAYS[3], Decimal("4.4"))
    assert (quote.source, quote.split_factor) == ("a vendor", 1)
    assert quote.listing.ticker == "AAA"


async def test_each_holding_gets_its_answer_in_its_place(shared: MarketData, quotes: PostgresQuotes) -> None:
    shared.bars("AAA", DAYS[:1], [1])
    shared.listing("BARE")
    wanted = [Wanted(Name(ticker), TODAY) for ticker in ("NONE", "AAA", "BARE", "AAA")]
    found = await quotes.quotes("acme", wanted)
    assert [quote and quote.close for quote in found] == [None, 1, None, 1]
    assert found[1] is not None
    assert found[1].previous_close is None
    assert await quotes.quotes("acme", []) == []


@pytest.mark.parametrize("place", range(5))
async def test_the_last_bar_on_or_before_a_day(
    shared: MarketData, quotes: PostgresQuotes, place: int
) -> None:
    shared.bars("AAA", DAYS, [1, 2, 3, 4, 5])
    quote = await quote_of(quotes, upto=DAYS[place])
    assert quote is not None
    assert (quote.day, quote.close) == (DAYS[place], place + 1)
    assert quote.previous_close == (place or None)


async def test_no_quote_before_the_first_bar(shared: MarketData, quotes: PostgresQuotes) -> None:
    shared.bars("AAA", DAYS, [1, 2, 3, 4, 5])
    assert await quote_of(quotes, upto=DAYS[0] - timedelta(days=1)) is None


async def test_a_gap_of_years_is_bridged(shared: MarketData, quotes: PostgresQuotes) -> None:
    listing = shared.bars("AAA", [date(2010, 5, 5)], [1])
    shared.bars(listing, [date(2023, 5, 5), date(2023, 5, 8)], [2, 3])
    quote = await quote_of(quotes, upto=date(2023, 5, 5))
    assert quote is not None
    assert (quote.close, quote.previous_day) == (2, date(2010, 5, 5))


async def test_what_was_known_then_is_quoted(shared: MarketData, quotes: PostgresQuotes) -> None:
    first, second = datetime(2023, 2, 1, tzinfo=UTC), datetime(2023, 3, 1, tzinfo=UTC)
    listing = shared.bars("AAA", DAYS, [1, 2, 3, 4, 5], recorded_at=first)
    shared.bars(listing, DAYS[4:], [50], recorded_at=second)
    for known_at, close in ((first, 5), (second - timedelta(days=1), 5), (second, 50), (None, 50)):
        quote = await quote_of(quotes, known_at=known_at)
        assert quote is not None
        assert quote.close == close
    assert await quote_of(quotes, known_at=first - timedelta(days=1)) is None


async def test_own_bars_go_before_shared_ones_of_the_same_day(
    shared: MarketData, own: MarketData, quotes: PostgresQuotes
) -> None:
    listing = shared.bars("AAA", DAYS, [1, 2, 3, 4, 5])
    own.bars(listing, DAYS[3:4], [40])
    mine, theirs = await quote_of(quotes), await quote_of(quotes, tenant="other")
    assert mine is not None
    assert theirs is not None
    assert (mine.close, mine.previous_close) == (5, 40)
    assert (theirs.close, theirs.previous_close) == (5, 4)


async def test_a_split_multiplies_what_was_stated_before_it(
    shared: MarketData, quotes: PostgresQuotes
) -> None:
    listing = shared.bars("AAA", DAYS, [100, 100, 100, 100, 50])
    shared.split(listing, DAYS[4], 2)
    before, on = await quote_of(quotes, since=DAYS[3]), await quote_of(quotes, since=DAYS[4])
    assert before is not None
    assert on is not None
    assert (before.split_factor, on.split_factor) == (2, 1)
    assert before.previous_close == 50  # in today's units: nothing happened to the value
    earlier = await quote_of(quotes, since=DAYS[0], upto=DAYS[3])
    assert earlier is not None
    assert earlier.split_factor == 1


async def test_a_split_after_the_newest_bar_waits_for_a_price_in_new_units(
    shared: MarketData, quotes: PostgresQuotes
) -> None:
    listing = shared.bars("AAA", DAYS, [100] * 5)
    shared.split(listing, TODAY, 2)
    quote = await quote_of(quotes, since=DAYS[0])
    assert quote is not None
    assert quote.split_factor == 1


async def test_a_split_can_be_withdrawn(shared: MarketData, quotes: PostgresQuotes) -> None:
    listing = shared.bars("AAA", DAYS, [100] * 5)
    shared.split(listing, DAYS[2], 2)
    shared.split(listing, DAYS[2], 1)
    quote = await quote_of(quotes, since=DAYS[0])
    assert quote is not None
    assert quote.split_factor == 1


async def test_today_is_today_unless_a_tenant_is_pinned(own: MarketData, quotes: PostgresQuotes) -> None:
    own.pin_clock(date(2022, 12, 28))
    assert await quotes.clock("acme") == date(2022, 12, 28)
    assert await quotes.clock("other") == TODAY


def test_quoting_and_converting_need_no_arrays() -> None:
    program = (
        "import sys; import infrastructure.marketdata.quotes, infrastructure.marketdata.rates;"
        "assert not {'numpy', 'scipy', 'pandas', 'sqlalchemy'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
