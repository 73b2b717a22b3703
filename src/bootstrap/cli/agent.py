"""Run one agent, for example `rebalance`."""

import click

from bootstrap.cli._process import run_process

AGENTS = ("rebalance", "risk", "attribution", "repricing", "optimization")


@click.command()
@click.argument("name", type=click.Choice(AGENTS))
def command(name: str) -> None:
    """Run the agent of that name."""
    run_process(f"agent {name}", "bootstrap.agents", name)
