"""Bring the database to this version's schema."""

import click

from bootstrap.home import connected
from bootstrap.logs import configure_logging
from bootstrap.settings import read_settings


@click.command()
def command() -> None:
    """Bring the database to this version's schema. Running it again changes nothing."""
    settings = connected(read_settings())
    configure_logging(settings, process="migrate")
    from bootstrap.migrate import migrate

    migrate(settings)
