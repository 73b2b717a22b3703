"""Create, list and revoke API keys."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import click

from bootstrap.cli._exits import FAILED
from bootstrap.cli._options import as_json, print_json, scopes_of, seconds_of, tenant_of
from bootstrap.home import connected
from bootstrap.settings import read_settings

if TYPE_CHECKING:
    from bootstrap.access import ListedKey


@click.group()
def command() -> None:
    """Create, list and revoke API keys."""


@command.command()
@click.option("--tenant", required=True, help="Whose data the key opens.")
@click.option("--name", required=True, help="What the key is for.")
@click.option("--scopes", default=None, help="Comma-separated; without it all but admin.")
@click.option("--ttl", default=None, help="How long it is valid, such as 90s, 12h, 30d; without it for ever.")
@as_json
def create(*, tenant: str, name: str, scopes: str | None, ttl: str | None, as_json: bool) -> None:
    """Create a key and print it, once: only its hash is stored."""
    from application.caller import DEFAULT_SCOPES
    from bootstrap.access import made_key

    owner, wanted = tenant_of(tenant), scopes_of(scopes)
    expires_at = None if ttl is None else datetime.now(UTC) + timedelta(seconds=seconds_of(ttl))
    granted = DEFAULT_SCOPES if wanted is None else wanted
    record, secret = made_key(connected(read_settings()), owner, name, granted, expires_at)
    if as_json:
        told = {
            "id": record.id,
            "tenant": tenant,
            "name": name,
            "key": secret,
            "scopes": sorted(record.scopes),
            "expires_at": expires_at,
        }
        print_json(told)
    else:
        click.echo(secret)


@command.command("list")
@click.option("--tenant", default=None, help="Only those of this tenant.")
@click.option("--revoked", is_flag=True, help="Show revoked keys as well.")
@as_json
def list_(*, tenant: str | None, revoked: bool, as_json: bool) -> None:
    """Show keys; what they open with is stored nowhere."""
    from bootstrap.access import keys

    found = keys(connected(read_settings()), tenant, revoked=revoked)
    if as_json:
        print_json({"api_keys": found})
        return
    for key in found:
        click.echo(_line(key))
    if not found:
        click.echo("There are no API keys.")


@command.command()
@click.argument("key_id", type=click.UUID)
def revoke(*, key_id: UUID) -> None:
    """Revoke a key by its id: refused everywhere within five seconds."""
    from bootstrap.access import revoke as revoke_key

    if not revoke_key(connected(read_settings()), key_id):
        click.echo(f"There is no API key {key_id} that could be revoked.", err=True)
        raise SystemExit(FAILED)
    click.echo(f"{key_id} is revoked.")


def _line(key: "ListedKey") -> str:
    used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
    end = (
        "  revoked"
        if key.revoked_at
        else f"  until {key.expires_at:%Y-%m-%d %H:%M}"
        if key.expires_at
        else ""
    )
    return f"{key.id}  {key.tenant}  {key.prefix}…  {key.name}  {','.join(key.scopes)}  {used}{end}"
