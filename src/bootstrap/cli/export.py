"""Write everything a tenant has to a file."""

import asyncio
from pathlib import Path

import click

from bootstrap.cli._options import tenant_of
from bootstrap.home import connected
from bootstrap.settings import read_settings


@click.command()
@click.argument("tenant")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="The file to write, readable for its owner alone.",
)
def command(*, tenant: str, output: Path) -> None:
    """Write everything TENANT has as JSON Lines: members, keys without secrets, every event, market data of its own."""
    from bootstrap.tenant_export import export_to

    lines = asyncio.run(export_to(output, tenant_of(tenant), connected(read_settings())))
    click.echo(f"{lines:,} lines in {output}")
