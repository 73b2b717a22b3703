"""Bring a database to the current schema, and the API's role into being."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

API_ROLE = "trimtab_api"
MIGRATION_LOCK = 0x7472_696D


def migrate(database_url: str, *, api_password: str) -> None:
    """Apply all missing migrations as the owner; running it twice, or twice at once, changes nothing.

    Parameters
    ----------
    database_url
        The owner's `postgresql://` URL.
    api_password
        What the role `trimtab_api` logs in with; it is set anew on every run.
    """
    engine = sa.create_engine(sqlalchemy_url(database_url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("select pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()
        _ensure_role(connection, api_password)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    engine.dispose()


def sqlalchemy_url(database_url: str) -> sa.URL:
    """Return the URL in SQLAlchemy's spelling, with the one driver we use."""
    return sa.make_url(database_url).set(drivername="postgresql+psycopg")


def _ensure_role(connection: sa.Connection, password: str) -> None:
    known = connection.scalar(sa.text("select 1 from pg_roles where rolname = :role"), {"role": API_ROLE})
    if not known:
        connection.exec_driver_sql(f"create role {API_ROLE} nosuperuser nobypassrls nocreatedb nocreaterole")
    quoted = connection.scalar(sa.text("select quote_literal(:password)"), {"password": password})
    connection.exec_driver_sql(f"alter role {API_ROLE} login password {quoted}")
    connection.commit()
