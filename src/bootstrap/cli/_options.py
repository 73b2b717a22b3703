"""Options and output that commands share."""

from typing import Any

import click
import msgspec

from application.caller import SCOPES
from bootstrap.setting_kinds import DURATION

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
        return float(text) if text.isdigit() else float(DURATION.read(text).total_seconds())
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no duration such as 90s, 12h or 30d.", param_hint="--ttl"
        ) from None
