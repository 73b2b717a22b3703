"""Show what runs and how far everything has come."""

import click

from bootstrap.cli._exits import FAILED
from bootstrap.cli._options import as_json, print_json
from bootstrap.home import connected
from bootstrap.settings import read_settings
from bootstrap.status import Status, api_is_healthy, status


@click.command()
@as_json
def command(*, as_json: bool) -> None:
    """Show what runs and how far everything has come. The addresses in --json work: they hold passwords."""
    found = status(connected(read_settings()))
    healthy = api_is_healthy(found.api)
    if as_json:
        print_json(found)
    else:
        _show(found, healthy=healthy)
    if not healthy:
        raise SystemExit(FAILED)


def _show(found: Status, *, healthy: bool) -> None:
    from rich.console import Console

    from bootstrap.log_text import without_passwords

    console = Console(highlight=False)
    console.print(f"API         {found.api}  {'[green]healthy' if healthy else '[red]not healthy'}")
    console.print(f"PostgreSQL  {without_passwords(found.database_url)}", markup=False, soft_wrap=True)
    console.print(f"Redis       {without_passwords(found.redis_url)}", markup=False, soft_wrap=True)
    console.print(f"Events      {found.position}\n")
    if found.processes:
        console.print(_table(("process", "pid"), [(one.name, one.pid) for one in found.processes]))
    console.print(_table(("follower", "position", "behind", "seconds"), _followers(found)))


def _followers(found: Status) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (one.name, one.position, one.lag_events, f"{one.lag_seconds:.1f}") for one in found.projections
    ]
    return [*rows, ("relay", found.relay.position, found.relay.lag_events, "")]


def _table(columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> object:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*map(str, row))
    return table
