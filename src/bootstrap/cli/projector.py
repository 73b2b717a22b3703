"""Keep the read models up to date."""

import click

from bootstrap.cli._process import run_process


@click.command()
def command() -> None:
    """Keep the read models up to date."""
    run_process("projector", "bootstrap.projector")
