"""With ten thousand listings, what is asked of fifty touches fifty."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.support.market import MarketData

LISTINGS, YEARS = 10_000, 4


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """Ten thousand listings of a few years, two bars each; without statistics, as after a first import."""
    with MarketData(database_url).importing("prices") as current:
        stamp = {"sequence": current.sequence, "moment": current.recorded_at}
        current.connection.execute(
            "insert into market.listing (owner, ticker, currency, sequence, recorded_at)"
            f" select '*', 'T' || n, 'USD', %(sequence)s, %(moment)s from generate_series(1, {LISTINGS}) n",
            stamp,
        )
        current.connection.execute(
            "insert into market.bars (listing_id, owner, year, sequence, recorded_at, days, close)"
            " select listing_id, '*', year, %(sequence)s, %(moment)s,"
            " array[make_date(year, 1, 3), make_date(year, 1, 4)], array[1.0, 2.0]"
            f" from market.listing, generate_series(2019, 2018 + {YEARS}) year",
            stamp,
        )
    with psycopg.connect(database_url) as opened:
        yield opened


def plan(connection: psycopg.Connection[Any], query: str) -> str:
    return "\n".join(
        line for (line,) in connection.execute(f"explain (analyze, buffers, timing off) {query}")
    )


@pytest.mark.parametrize("is_analyzed", [False, True])
def test_bars_are_found_by_index(connection: psycopg.Connection[Any], is_analyzed: bool) -> None:
    if is_analyzed:
        connection.execute("analyze market.bars")
    found = plan(
        connection,
        "select * from market.bar_rows('acme', array[11, 22, 33, 4444, 5555]::bigint[], '2020-01-01', '2021-12-31')",
    )
    assert "Seq Scan on bars" not in found
    assert "bars_pkey" in found
    assert "actual rows=10.00" in found.splitlines()[0], found


def test_the_newest_bars_of_an_import_are_found_in_one_pass(connection: psycopg.Connection[Any]) -> None:
    newest = connection.execute(
        "select count(*), min(day), max(previous_day) from market.newest_bar"
    ).fetchone()
    assert newest is not None
    assert newest[0] == LISTINGS
    assert (newest[1].year, newest[2].day) == (2022, 3)


def test_a_name_is_found_by_index(connection: psycopg.Connection[Any]) -> None:
    connection.execute("analyze market.listing")
    found = plan(connection, "select * from market.listings('acme') where listing_id = any (array[1, 2, 3])")
    assert "Seq Scan on listing" not in found
