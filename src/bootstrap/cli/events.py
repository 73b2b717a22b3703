"""Watch the event store."""

import asyncio
import os
import signal
import sys
from uuid import UUID

import click

from bootstrap.cli._options import as_json
from bootstrap.home import connected
from bootstrap.settings import read_settings


@click.group()
def command() -> None:
    """Watch the event store."""


@command.command()
@click.option("--portfolio", type=click.UUID, metavar="ID", help="Only what concerns this portfolio.")
@click.option("--after", type=click.IntRange(min=0), metavar="POSITION", help="Begin there instead of now.")
@as_json
def tail(*, portfolio: UUID | None, after: int | None, as_json: bool) -> None:
    """Print one line per event as it is recorded (JSON Lines with --json), until Ctrl-C."""
    from bootstrap.events_tail import as_json_line, as_text_line
    from bootstrap.events_tail import tail as follow

    # A shell without job control starts what it puts in the background deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    line = as_json_line if as_json else as_text_line
    try:
        asyncio.run(
            follow(
                connected(read_settings()),
                lambda recorded: click.echo(line(recorded)),
                portfolio_id=portfolio,
                after=after,
            )
        )
    except KeyboardInterrupt:
        return
    except BrokenPipeError:  # whoever read our lines has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
