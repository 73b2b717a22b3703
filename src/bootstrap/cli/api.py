"""Answer HTTP requests."""

import click

from bootstrap.cli._process import run_process


@click.command()
def command() -> None:
    """Answer HTTP requests."""
    run_process("api", "bootstrap.api")
