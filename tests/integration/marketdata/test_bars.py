from datetime import UTC, date, datetime

import numpy as np
import psycopg
from tests.support.market import NAN, MarketData, weekdays

from infrastructure.marketdata.history import PostgresMarketHistory

DAYS = weekdays("2022-12-29", 4)  # two in 2022, two in 2023
JAN_3 = date(2023, 1, 3)


async def test_bars_come_back_as_they_were_written(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.bars(
        "AAA", DAYS, [1.1, 2.2, 3.3, 4.4], adjusted=[1.0, 2.0, 3.0, 4.0], volume=[10, 20, NAN, 40]
    )
    bars = await history.bars("acme", [listing])
    assert bars.days.tolist() == DAYS
    assert bars.close[:, 0].tolist() == [1.1, 2.2, 3.3, 4.4]
    assert bars.adjusted[:, 0].tolist() == [1.0, 2.0, 3.0, 4.0]
    np.testing.assert_array_equal(bars.volume[:, 0], [10, 20, NAN, 40])


async def test_listings_stand_beside_each_other_on_the_union_of_their_days(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    early = shared.bars("AAA", DAYS[:3], [1, 2, 3])
    late = shared.bars("BBB", DAYS[1:], [20, 30, 40])
    nothing = shared.listing("CCC")
    bars = await history.bars("acme", [late, nothing, early])
    assert bars.days.tolist() == DAYS
    np.testing.assert_array_equal(bars.close[:, 0], [NAN, 20, 30, 40])
    np.testing.assert_array_equal(bars.close[:, 1], [NAN] * 4)
    np.testing.assert_array_equal(bars.close[:, 2], [1, 2, 3, NAN])


async def test_both_ends_of_a_range_are_included(shared: MarketData, history: PostgresMarketHistory) -> None:
    listing = shared.bars("AAA", DAYS, [1, 2, 3, 4])
    bars = await history.bars("acme", [listing], start=DAYS[1], end=DAYS[2])
    assert bars.days.tolist() == DAYS[1:3]
    assert bars.close[:, 0].tolist() == [2, 3]


async def test_a_later_import_revises_a_bar_and_leaves_the_others(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.bars("AAA", DAYS, [1, 2, 3, 4], volume=[10, 20, 30, 40])
    shared.bars(listing, [DAYS[1], DAYS[2]], [2.5, 3.5], volume=[25, 35])
    bars = await history.bars("acme", [listing])
    assert bars.close[:, 0].tolist() == [1, 2.5, 3.5, 4]
    assert bars.volume[:, 0].tolist() == [10, 25, 35, 40]


async def test_what_was_recorded_later_is_not_known_before(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.bars("AAA", DAYS, [1, 2, 3, 4], recorded_at=datetime(2023, 2, 1, tzinfo=UTC))
    shared.bars(listing, DAYS[:1], [9], recorded_at=datetime(2023, 3, 1, tzinfo=UTC))
    before = await history.bars("acme", [listing], known_at=datetime(2023, 1, 31, tzinfo=UTC))
    between = await history.bars("acme", [listing], known_at=datetime(2023, 2, 28, tzinfo=UTC))
    after = await history.bars("acme", [listing], known_at=datetime(2023, 3, 1, tzinfo=UTC))
    assert before.days.tolist() == []
    assert between.close[0, 0] == 1
    assert after.close[0, 0] == 9


async def test_a_tenants_own_bars_go_before_shared_ones_however_old_they_are(
    shared: MarketData, own: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.bars("AAA", DAYS, [1, 2, 3, 4])
    own.bars(listing, DAYS[:1], [100])
    shared.bars(listing, DAYS, [5, 6, 7, 8])
    assert (await history.bars("acme", [listing])).close[:, 0].tolist() == [100, 6, 7, 8]
    assert (await history.bars("other", [listing])).close[:, 0].tolist() == [5, 6, 7, 8]


async def test_a_corrected_close_moves_the_adjusted_one_with_it(
    shared: MarketData, own: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.bars("AAA", DAYS, [10, 20, 30, 40], adjusted=[5, 10, 30, 40])
    own.bars(listing, DAYS[:1], [12])
    assert (await history.bars("acme", [listing])).adjusted[:, 0].tolist() == [6, 10, 30, 40]


async def test_adjusted_prices_that_no_source_names_follow_from_splits_and_dividends(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.bars("AAA", DAYS, [100, 100, 50, 49])
    shared.split(listing, DAYS[2], 2)
    shared.dividend(listing, DAYS[3], 1)
    bars = await history.bars("acme", [listing])
    np.testing.assert_allclose(bars.adjusted[:, 0], [49, 49, 49, 49], rtol=1e-15)
    assert bars.close[:, 0].tolist() == [100, 100, 50, 49]


async def test_a_bar_without_an_adjusted_price_continues_the_adjusted_ones(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.bars("AAA", DAYS[:3], [10, 11, 12], adjusted=[5, 5.5, 6])
    shared.bars(listing, DAYS[3:], [13])
    assert (await history.bars("acme", [listing])).adjusted[:, 0].tolist() == [5, 5.5, 6, 6.5]


async def test_a_year_of_daily_imports_is_gathered_without_losing_anything(
    shared: MarketData, history: PostgresMarketHistory, database_url: str
) -> None:
    days = weekdays("2023-01-02", 30)
    moments = [datetime(2023, 1, 1, hour, tzinfo=UTC) for hour in range(24)] + [
        datetime(2023, 1, 2, hour, tzinfo=UTC) for hour in range(6)
    ]
    listing = shared.listing("AAA")
    for place, day in enumerate(days):
        shared.bars(listing, [day], [place], recorded_at=moments[place])
    shared.bars(listing, days[:1], [99])
    bars = await history.bars("acme", [listing])
    assert bars.close[:, 0].tolist() == [99, *range(1, 30)]
    known = await history.bars("acme", [listing], known_at=moments[27])
    assert known.close[:, 0].tolist() == list(range(28))
    with psycopg.connect(database_url) as connection:
        read = connection.execute(
            "select count(*) from market.bar_rows('acme', array[%s]::bigint[])", (listing,)
        ).fetchone()
        kept = connection.execute("select count(*) from market.bars where not whole").fetchone()
    assert read is not None
    assert kept == (31,)
    assert read[0] < 15


async def test_the_newest_two_bars_are_kept_at_hand(shared: MarketData, database_url: str) -> None:
    listing = shared.bars("AAA", DAYS, [1, 2, 3, 4], volume=[1, 2, 3, NAN])
    shared.bars("BBB", DAYS[:1], [7])
    assert newest(database_url, "AAA") == (DAYS[3], 4.0, None, DAYS[2], 3.0)
    assert newest(database_url, "BBB") == (DAYS[0], 7.0, None, None, None)
    shared.bars(listing, DAYS[1:3], [2.5, 3.5])
    assert newest(database_url, "AAA") == (DAYS[3], 4.0, None, DAYS[2], 3.5)
    shared.bars(listing, [date(2023, 1, 9)], [5], volume=[50])
    assert newest(database_url, "AAA") == (date(2023, 1, 9), 5.0, 50.0, DAYS[3], 4.0)


async def test_bars_can_be_read_as_rows(shared: MarketData, own: MarketData, database_url: str) -> None:
    listing = shared.bars("AAA", DAYS, [1, 2, 3, 4], volume=[NAN, 2, 3, 4])
    own.bars(listing, DAYS[1:2], [20])
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "select day, close, volume, owner from market.bars_of('acme', %s, %s, %s)",
            (listing, DAYS[0], DAYS[2]),
        ).fetchall()
    assert rows == [(DAYS[0], 1, None, "*"), (DAYS[1], 20, None, "acme"), (DAYS[2], 3, 3, "*")]


def newest(database_url: str, ticker: str) -> tuple[object, ...] | None:
    with psycopg.connect(database_url) as connection:
        return connection.execute(
            "select b.day, b.close, b.volume, b.previous_day, b.previous_close"
            " from market.newest_bar b join market.listing using (listing_id) where ticker = %s",
            (ticker,),
        ).fetchone()
