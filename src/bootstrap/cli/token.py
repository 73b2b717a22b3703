"""Print a token for a tenant."""

from datetime import UTC, datetime

import click

from bootstrap.cli._options import as_json, print_json, scopes_of, seconds_of, tenant_of
from bootstrap.settings import read_settings


@click.command()
@click.option("--tenant", required=True, help="Whose data the token opens.")
@click.option(
    "--ttl", default="12h", show_default=True, help="How long it is valid, seconds or such as 90s, 12h, 30d."
)
@click.option("--scopes", default=None, help="Comma-separated; without it all but admin.")
@as_json
def command(*, tenant: str, ttl: str, scopes: str | None, as_json: bool) -> None:
    """Print a token for a tenant, signed with TRIMTAB_JWT_SECRET."""
    from infrastructure.identity.tokens import issue_token

    seconds, settings = seconds_of(ttl), read_settings()
    if not settings.accepts_own_tokens:
        raise click.UsageError(
            "Only tokens of the issuer behind TRIMTAB_JWT_PUBLIC_KEY are accepted; "
            "ours are, too, where TRIMTAB_JWT_SECRET is set."
        )
    owner, issuers = tenant_of(tenant), {issuer.name for issuer in settings.oidc_issuers or ()}
    if ":" in owner and (name := owner.partition(":")[0]) in issuers:
        raise click.BadParameter(f"only the issuer {name!r} names its tenants.", param_hint="--tenant")
    secret = settings.signing_secret()
    token = issue_token(secret, owner, ttl=seconds, scopes=scopes_of(scopes), now=datetime.now(UTC))
    if as_json:
        print_json({"tenant": tenant, "token": token, "expires_in": seconds})
    else:
        click.echo(token)
