"""Let the next key sign access tokens."""

from datetime import timedelta

import click

from bootstrap.cli._options import as_json, print_json
from bootstrap.home import connected
from bootstrap.settings import read_settings


@click.group()
def command() -> None:
    """Look after the keys that sign access tokens."""


@command.command("rotate-signing")
@click.option(
    "--now",
    is_flag=True,
    help="Tokens of the former key stop to count within a minute: for a key that somebody else may have.",
)
@as_json
def rotate_signing(*, now: bool, as_json: bool) -> None:
    """Make a new signing key. The former one verifies until its last token has expired."""
    import psycopg

    from infrastructure.identity.signing_keys import OVERLAP, rotate

    settings = connected(read_settings())
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url) as connection:
        overlap = timedelta(0) if now else OVERLAP
        kid = rotate(connection, settings.signing_secret(), overlap=overlap)
    if as_json:
        print_json({"kid": kid, "former_verifies_seconds": int(overlap.total_seconds())})
    else:
        click.echo(kid)
