"""List tenants and set their tiers."""

from typing import TYPE_CHECKING, Final, cast, get_args

import click

from application.tiers import Tier
from bootstrap.cli._options import as_json, print_json, tenant_of
from bootstrap.home import connected
from bootstrap.settings import read_settings

if TYPE_CHECKING:
    from bootstrap.access import ListedTenant

DEFAULT: Final = "default"


@click.group()
def command() -> None:
    """List tenants and set their tiers."""


@command.command("list")
@as_json
def list_(*, as_json: bool) -> None:
    """Show the tenants of which something is kept."""
    from bootstrap.access import tenants

    found = tenants(connected(read_settings()))
    if as_json:
        print_json({"tenants": found})
        return
    for tenant in found:
        click.echo(_line(tenant))
    if not found:
        click.echo("There are no tenants.")


@command.command()
@click.argument("tenant")
@click.argument("tier", type=click.Choice([*get_args(Tier), DEFAULT]))
def tier(*, tenant: str, tier: str) -> None:
    """Set the tier of a tenant.

    `default` is the one that the installation gives to everybody.
    """
    from bootstrap.access import set_tier

    wanted = None if tier == DEFAULT else cast("Tier", tier)
    changed = set_tier(connected(read_settings()), tenant_of(tenant), wanted)
    click.echo(f"{tenant} {'is now' if changed else 'was'} on tier {tier}.")


def _line(tenant: "ListedTenant") -> str:
    return (
        f"{tenant.tenant}  {tenant.name or '-'}  tier {tenant.tier or DEFAULT}  {tenant.members} members  "
        f"{tenant.keys} keys  {tenant.portfolios} portfolios"
    )
