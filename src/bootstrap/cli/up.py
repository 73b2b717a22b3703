"""Start the whole service: servers, API, projector, relay, agents and webhooks."""

from dataclasses import replace

import click

from bootstrap.settings import read_settings
from bootstrap.up import up


@click.command()
@click.option("--demo/--no-demo", default=True, show_default=True, help="Load a tenant with data to try.")
@click.option("--port", type=click.IntRange(1, 65535), help="The API's port, instead of TRIMTAB_PORT.")
def command(*, demo: bool, port: int | None) -> None:
    """Start the whole service and keep it running until Ctrl-C; a second Ctrl-C ends it at once."""
    settings = read_settings()
    up(replace(settings, port=port) if port else settings, demo=demo)
