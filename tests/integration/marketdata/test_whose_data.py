"""The database itself keeps owners apart, whoever forgets to ask for one."""

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from tests.support.database import as_api
from tests.support.market import MarketData

DAY = date(2023, 1, 2)
TABLES = (
    "head", "import", "listing", "description", "alias", "bars", "newest_bar", "action", "fx", "rate", "constituents",
    "factor", "clock",
)  # fmt: skip


def everything(data: MarketData) -> None:
    """One row at least in every table."""
    listing = data.listing("AAA", name="A", aliases={"A": None})
    data.bars(listing, [DAY], [1])
    data.split(listing, DAY, 2)
    data.fx("AED", "USD", {DAY: "0.25"})
    data.rates("USD", "3m", {DAY: "0.01"})
    data.constituents("X", DAY, {"AAA": (1, None)})
    data.factor("market", [DAY], [0.01])


def owners_seen(url: str, table: str, tenant: str | None) -> set[str]:
    with psycopg.connect(url) as connection:
        if tenant is not None:
            connection.execute("select set_config('trimtab.tenant', %s, true)", (tenant,))
        return {owner for (owner,) in connection.execute(f"select owner from market.{table}")}


def test_the_list_of_tables_is_complete(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "select relname, relrowsecurity from pg_class where relnamespace = 'market'::regnamespace and relkind = 'r'"
        ).fetchall()
    assert dict(found) == dict.fromkeys(TABLES, True)


def test_a_query_that_forgets_its_owner_sees_the_shared_set_and_the_tenants_own(database_url: str) -> None:
    for owner in ("*", "acme", "other"):
        everything(MarketData(database_url, owner))
        MarketData(database_url, owner).pin_clock(DAY)
    for table in TABLES:
        assert owners_seen(as_api(database_url), table, "acme") == {"*", "acme"}, table
        assert owners_seen(as_api(database_url), table, None) == {"*"}, table
        assert owners_seen(database_url, table, None) == {"*", "acme", "other"}, table


def test_the_api_writes_what_is_the_tenants(database_url: str) -> None:
    everything(MarketData(as_api(database_url), "acme"))
    assert owners_seen(database_url, "bars", None) == {"acme"}


def test_nobody_but_the_operator_writes_what_is_shared(database_url: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        everything(MarketData(as_api(database_url), "*"))
    everything(MarketData(as_api(database_url), "*", operator=True))
    assert owners_seen(database_url, "bars", None) == {"*"}


def as_tenant(url: str, statement: str, *params: Any) -> Callable[[], object]:
    def run() -> object:
        with psycopg.connect(as_api(url)) as connection:
            connection.execute("select set_config('trimtab.tenant', 'acme', true)")
            return connection.execute(statement, params).fetchall()

    return run


@pytest.mark.parametrize("owner", ["*", "other"])
def test_a_tenant_begins_no_import_for_somebody_else(database_url: str, owner: str) -> None:
    MarketData(database_url, owner).listing("AAA")
    with pytest.raises(InsufficientPrivilege):
        as_tenant(database_url, "select * from market.begin_import(%s)", owner)()


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_ever_deleted(database_url: str, table: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        as_tenant(database_url, f"delete from market.{table} returning owner")()


@pytest.mark.parametrize("table", [table for table in TABLES if table not in ("head", "newest_bar")])
def test_what_was_recorded_stays_as_it_is(database_url: str, table: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        as_tenant(database_url, f"update market.{table} set owner = 'acme' returning owner")()


def test_what_is_derived_from_others_data_cannot_be_changed(database_url: str) -> None:
    for owner in ("*", "other"):
        MarketData(database_url, owner).bars("AAA", [DAY], [1])
    assert as_tenant(database_url, "update market.newest_bar set close = 9 returning owner")() == []
    assert as_tenant(database_url, "update market.head set imports = 9 returning owner")() == []


def test_imports_of_one_owner_follow_each_other(database_url: str) -> None:
    with psycopg.connect(database_url) as first, psycopg.connect(database_url) as second:
        (sequence, moment) = first.execute("select * from market.begin_import('acme')").fetchone() or (
            0,
            None,
        )
        second.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute("select * from market.begin_import('acme')")
        second.rollback()
        assert second.execute("select * from market.begin_import('other')").fetchone()
        second.rollback()
        first.commit()
        later = second.execute("select * from market.begin_import('acme')").fetchone()
    assert later is not None
    assert later[0] > sequence
    assert later[1] >= moment
