"""List the events that agents and projections could not digest, or try them again."""

from typing import TYPE_CHECKING

import click

from bootstrap.cli._exits import FAILED, WRONG_USAGE
from bootstrap.cli._options import as_json, print_json
from bootstrap.home import connected
from bootstrap.settings import read_settings

if TYPE_CHECKING:
    from bootstrap.dead_letters import Letter

of_group = click.option("--group", metavar="NAME", help="Only those of this agent or projection.")


@click.group()
def command() -> None:
    """List the events that agents and projections could not digest, or try them again."""


@command.command("list")
@of_group
@as_json
def list_(*, group: str | None, as_json: bool) -> None:
    """Show what was put aside, and why. --json has the tracebacks."""
    from bootstrap.dead_letters import listed

    letters = listed(connected(read_settings()), group)
    if as_json:
        print_json({"dead_letters": letters})
        return
    for letter in letters:
        click.echo(_line(letter))
    if not letters:
        click.echo("There are no dead letters.")


@command.command()
@of_group
@click.option(
    "--id", "letter_id", metavar="ID", help="Only this letter of the agent, and what waits with it."
)
@as_json
def replay(*, group: str | None, letter_id: str | None, as_json: bool) -> None:
    """Hand letters out again, in order. What fails again comes back to the list."""
    from bootstrap.dead_letters import UnknownGroup
    from bootstrap.dead_letters import replay as replay_letters

    if letter_id and not group:
        raise click.UsageError("--id needs --group.")
    try:
        done = replay_letters(connected(read_settings()), group, letter_id or "")
    except UnknownGroup as unknown:
        click.echo(str(unknown), err=True)
        raise SystemExit(WRONG_USAGE) from None
    if as_json:
        print_json({"replayed": done})
    else:
        for one in done:
            stuck = f", {one.stuck} still fail" if one.stuck else ""
            click.echo(f"{one.kind} {one.group}: {one.replayed} replayed{stuck}")
    if any(one.stuck for one in done):
        raise SystemExit(FAILED)


def _line(letter: "Letter") -> str:
    return (
        f"{letter.at}  {letter.group:<16} {letter.id:<18} {letter.type}  {letter.waits_with}  {letter.error}"
    )
