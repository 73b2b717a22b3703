"""Prove that the event log is as it was written."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bootstrap.cli._exits import FAILED
from bootstrap.cli._options import as_json, print_json
from bootstrap.settings import read_settings

if TYPE_CHECKING:
    from bootstrap.verify import LogReport

A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--from-position", type=click.IntRange(min=1), default=1, help="Begin there.")
@click.option("--public-key", type=A_FILE, help="Trust the keys of this PEM file instead of the home's.")
@click.option(
    "--checkpoints", type=A_FILE, help="Compare with this copy of the checkpoints instead of the home's."
)
@as_json
def command(*, from_position: int, public_key: Path | None, checkpoints: Path | None, as_json: bool) -> None:
    """Prove that the event log is as it was written: every column of every event, the head, and the signatures.

    The service may run or not. Ends with 1 where something was changed, and names the first such position.
    """
    from bootstrap.verify import CannotVerify, verify
    from infrastructure.eventstore.checkpoint_file import CheckpointFileUnreadable

    try:
        report = verify(read_settings(), first=from_position, public_key=public_key, checkpoints=checkpoints)
    except (CannotVerify, CheckpointFileUnreadable) as failure:
        click.echo(str(failure), err=True)
        raise SystemExit(FAILED) from None
    if as_json:
        print_json(report)
    else:
        _show(report)
    if report.unproven_checkpoints:
        click.echo("No signature was checked: name the public key with --public-key.", err=True)
    if not report.ok:
        raise SystemExit(FAILED)


def _show(report: "LogReport") -> None:
    if report.ok:
        click.echo(f"The log is as it was written: {report.events:,} events up to {report.last_position}.")
    else:
        click.echo(f"The log is broken at position {report.first_broken_position}: {report.reason}.")
    click.echo(f"head         {report.head_hash or 'none'}")
    click.echo(f"checkpoints  {report.checkpoints:,} with a valid signature")
    if report.public_key:
        click.echo(report.public_key.strip())
