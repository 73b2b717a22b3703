"""A fresh, migrated database per test, copied from a template."""

from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from bootstrap.bundled import load
from bootstrap.settings import derived_api_password
from infrastructure.postgres.migrate import migrate

TEMPLATE = "trimtab_template"
MARKET_TEMPLATE = "trimtab_market_template"
_numbers = count(1)


@pytest.fixture(scope="session")
def migrated_server(database_server: str) -> str:
    """The server, with a template that holds the current schema."""
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(TEMPLATE))
        )
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    template = in_database(database_server, TEMPLATE)
    migrate(template, api_password=api_password(template))
    return database_server


@pytest.fixture(scope="session")
def market_server(migrated_server: str) -> str:
    """The server, with a second template that holds the bundled market data as well."""
    with psycopg.connect(migrated_server, autocommit=True) as connection:
        _copy(connection, TEMPLATE, MARKET_TEMPLATE)
    load(in_database(migrated_server, MARKET_TEMPLATE))
    return migrated_server


@pytest.fixture
def database_url(migrated_server: str) -> Iterator[str]:
    """The owner's URL of a database of this test alone."""
    yield from _database(migrated_server, TEMPLATE)


@pytest.fixture
def market_database_url(market_server: str) -> Iterator[str]:
    """The owner's URL of a database of this test alone that holds the bundled market data."""
    yield from _database(market_server, MARKET_TEMPLATE)


def _database(server: str, template: str) -> Iterator[str]:
    name = f"trimtab_test_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        _copy(connection, template, name)
        yield in_database(server, name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _copy(connection: psycopg.Connection[Any], template: str, name: str) -> None:
    copied = sql.Identifier(name)
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(copied))
    made = sql.SQL("create database {} template {} strategy file_copy")
    connection.execute(made.format(copied, sql.Identifier(template)))


@pytest.fixture
def api_database_url(database_url: str) -> str:
    """The same database, as the API's role."""
    return as_api(database_url)


def in_database(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def api_password(url: str) -> str:
    """What the API's role logs in with."""
    return derived_api_password(urlsplit(url).password or "")


def as_api(url: str) -> str:
    """The URL with the API's role instead of the owner."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"trimtab_api:{api_password(url)}@{parts.hostname}{port}"))
