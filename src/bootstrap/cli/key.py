"""Create API keys."""

import click

from bootstrap.cli._options import as_json, print_json, scopes_of, tenant_of
from bootstrap.home import connected
from bootstrap.settings import read_settings


@click.group()
def command() -> None:
    """Create API keys."""


@command.command()
@click.option("--tenant", required=True, help="Whose data the key opens.")
@click.option("--name", required=True, help="What the key is for.")
@click.option("--scopes", default=None, help="Comma-separated; without it all but admin.")
@as_json
def create(*, tenant: str, name: str, scopes: str | None, as_json: bool) -> None:
    """Create a key and print it, once: only its hash is stored."""
    import psycopg

    from application.caller import DEFAULT_SCOPES
    from infrastructure.identity.keys import create_api_key

    owner, wanted = tenant_of(tenant), scopes_of(scopes)
    database_url = connected(read_settings()).database_url
    assert database_url is not None
    with psycopg.connect(database_url) as connection:
        record, secret = create_api_key(connection, owner, name, DEFAULT_SCOPES if wanted is None else wanted)
    if as_json:
        told = {
            "id": record.id,
            "tenant": tenant,
            "name": name,
            "key": secret,
            "scopes": sorted(record.scopes),
        }
        print_json(told)
    else:
        click.echo(secret)
