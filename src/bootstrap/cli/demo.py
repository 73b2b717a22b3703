"""Load the demo tenant, unless it is there already, and print its credentials as JSON."""

import click

from bootstrap.cli._options import print_json
from bootstrap.home import connected
from bootstrap.logs import configure_logging
from bootstrap.settings import read_settings


@click.command()
def command() -> None:
    """Load the demo tenant, unless it is there already, and print its credentials as JSON."""
    settings = connected(read_settings())
    configure_logging(settings, process="demo")
    from bootstrap.demo import load

    print_json(load(settings))
