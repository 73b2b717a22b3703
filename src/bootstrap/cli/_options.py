"""Options and output that commands share."""

from typing import Any

import click
import msgspec

from application.caller import SCOPES
from bootstrap.setting_kinds import DURATION
from domain.market import SHARED

LONGEST_SECONDS = 100 * 365 * 86_400
SUBJECT_LENGTH_MAX = 255
"""As long as the `sub` of a token may be."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def print_json(data: Any) -> None:
    """Print `data` as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())


def scopes_of(text: str | None) -> frozenset[str] | None:
    """Return the scopes of a comma-separated list; None where nothing was said."""
    if text is None:
        return None
    scopes = frozenset(part.strip() for part in text.split(",") if part.strip())
    if unknown := scopes - SCOPES:
        known = ", ".join(sorted(SCOPES))
        raise click.BadParameter(
            f"there is no {', '.join(sorted(unknown))}; known: {known}.", param_hint="--scopes"
        )
    return scopes


def seconds_of(text: str) -> float:
    """Return the seconds of a duration such as 3600, 90s, 12h or 30d."""
    try:
        seconds = float(text) if text.isdigit() else float(DURATION.read(text).total_seconds())
        if 0 < seconds <= LONGEST_SECONDS:
            return seconds
    except (ValueError, OverflowError):
        pass
    raise click.BadParameter(
        f"{text!r} is no duration such as 90s, 12h or 30d, of 100 years at most.", param_hint="--ttl"
    )


def tenant_of(text: str) -> str:
    """Return the name of a tenant, if credentials can name it."""
    if not 0 < len(text.strip()) <= SUBJECT_LENGTH_MAX or not text.isprintable():
        raise click.BadParameter(
            f"{text!r} is no name of 1 to {SUBJECT_LENGTH_MAX} printable characters.", param_hint="--tenant"
        )
    if text == SHARED:
        raise click.BadParameter("`*` names the data that all tenants share.", param_hint="--tenant")
    return text
