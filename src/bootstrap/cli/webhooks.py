"""Send what happened to the endpoints of tenants."""

import click

from bootstrap.cli._process import run_process


@click.command()
def command() -> None:
    """Send what happened to the endpoints of tenants."""
    run_process("webhooks", "bootstrap.webhooks")
