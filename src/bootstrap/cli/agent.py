"""Run one agent, for example `rebalance`."""

import click

from bootstrap.cli._process import run_process


@click.command()
@click.argument("name")
def command(name: str) -> None:
    """Run the agent NAME, for example `rebalance`."""
    run_process(f"agent {name}", "bootstrap.agents", name)
