from pathlib import Path

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory

import infrastructure.postgres
from bootstrap.schema import is_current, last_revisions
from bootstrap.settings import Settings


def test_a_migrated_database_is_current(market_database_url: str) -> None:
    assert is_current(Settings(database_url=market_database_url))


def test_one_without_the_bundled_market_data_is_not(database_url: str) -> None:
    assert not is_current(Settings(database_url=database_url))


def test_an_empty_database_is_not(database_server: str) -> None:
    assert not is_current(Settings(database_url=database_server))


def test_a_database_of_an_earlier_version_is_not(market_database_url: str) -> None:
    with psycopg.connect(market_database_url) as connection:
        connection.execute("UPDATE public.schema_version SET version_num = '0000'")
    assert not is_current(Settings(database_url=market_database_url))


def test_a_database_that_the_api_cannot_enter_is_not(market_database_url: str) -> None:
    settings = Settings(database_url=market_database_url)
    wrong = (settings.api_database_url or "").replace(settings.api_password or "", "wrong")
    assert not is_current(Settings(database_url=market_database_url, own_api_database_url=wrong))


def test_the_last_revision_is_the_one_that_migrating_would_reach() -> None:
    config = Config()
    config.set_main_option(
        "script_location", str(Path(infrastructure.postgres.__file__).parent / "migrations")
    )
    assert last_revisions() == set(ScriptDirectory.from_config(config).get_heads())
