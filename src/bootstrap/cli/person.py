"""Erase people who cannot do it themselves."""

import click

from bootstrap.home import connected
from bootstrap.settings import read_settings


@click.group()
def command() -> None:
    """Erase people who cannot do it themselves."""


@command.command()
@click.argument("address")
@click.confirmation_option(prompt="This cannot be undone. Erase this person?")
def erase(*, address: str) -> None:
    """Erase the person with an e-mail ADDRESS: account, memberships, sessions, mail.

    What they did stays in the history under an id that says nothing.
    """
    from bootstrap.access import erase_person

    kept = erase_person(connected(read_settings()), address)
    if kept is None:
        raise click.ClickException(f"Nobody has the address {address}.")
    if kept:
        raise click.ClickException(
            f"The only owner of {', '.join(kept)}: make another member an owner first."
        )
    click.echo("Erased.")
