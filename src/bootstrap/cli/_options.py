"""Options and output that commands share."""

from typing import Any

import click
import msgspec

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def print_json(data: Any) -> None:
    """Print `data` as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())
