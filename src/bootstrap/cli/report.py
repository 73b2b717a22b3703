"""Write the report of a portfolio to a file."""

import asyncio
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from bootstrap.cli._exits import FAILED
from bootstrap.cli._options import tenant_of
from bootstrap.home import connected
from bootstrap.settings import read_settings


@click.command()
@click.argument("portfolio", type=click.UUID)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="The file to write.",
)
@click.option("--tenant", default=None, help="Whose portfolio it is; found out where it is left out.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Its day; the newest by default."
)
def command(*, portfolio: UUID, output: Path, tenant: str | None, as_of: datetime | None) -> None:
    """Write the report of PORTFOLIO, one HTML page that needs nothing else. The API need not run."""
    from bootstrap.printed_report import NoSuchPortfolio, page_of
    from domain.errors import DomainError

    owner = None if tenant is None else tenant_of(tenant)
    settings = connected(read_settings())
    day = None if as_of is None else as_of.date()
    try:
        page = asyncio.run(page_of(settings, portfolio, tenant=owner, as_of=day))
    except (NoSuchPortfolio, DomainError) as refusal:
        click.echo(str(refusal), err=True)
        raise SystemExit(FAILED) from None
    output.write_text(page, encoding="utf-8")
