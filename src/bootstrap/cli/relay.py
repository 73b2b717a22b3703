"""Publish events on the Redis streams."""

import click

from bootstrap.cli._process import run_process


@click.command()
def command() -> None:
    """Publish events on the Redis streams."""
    run_process("relay", "bootstrap.relay")
