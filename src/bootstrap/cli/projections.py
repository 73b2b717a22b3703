"""List the projections, or build one anew."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from bootstrap.cli._options import as_json, print_json
from bootstrap.home import connected
from bootstrap.logs import configure_logging
from bootstrap.settings import Settings, read_settings

if TYPE_CHECKING:
    from infrastructure.postgres.projector import Projection

Report = Callable[[int, int], None]


@click.group()
def command() -> None:
    """List the projections, or build one anew."""


@command.command("list")
@as_json
def list_(*, as_json: bool) -> None:
    """Show how far each projection has come."""
    import psycopg

    from bootstrap.status import projection_statuses

    database_url = connected(read_settings()).database_url
    assert database_url is not None
    with psycopg.connect(database_url, autocommit=True) as connection:
        found = projection_statuses(connection)
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one.name:<24} {one.position:>12} {one.lag_events:>8} behind {one.lag_seconds:>8.1f} s")


@command.command()
@click.argument("name")
@click.option("--roll-back", is_flag=True, help="Switch back to the tables before the last rebuild.")
@as_json
def rebuild(*, name: str, roll_back: bool, as_json: bool) -> None:
    """Build a projection anew beside the live one, then switch to it; readers notice nothing."""

    settings = connected(read_settings())
    configure_logging(settings, process="projections")  # to standard error: standard output is the answer
    projection = _projection(name)
    if roll_back:
        asyncio.run(_roll_back(settings, projection))
        done: dict[str, Any] = {"projection": name, "rolled_back": True}
    else:
        done = {
            "projection": name,
            "rows_different": asyncio.run(_rebuild(settings, projection, quiet=as_json)),
        }
    if as_json:
        print_json(done)
    else:
        click.echo(_sentence(done))


def _sentence(done: dict[str, Any]) -> str:
    if "rolled_back" in done:
        return f"{done['projection']} shows the tables before its last rebuild again."
    different = ", ".join(f"{table} {count}" for table, count in done["rows_different"].items())
    return f"{done['projection']} is rebuilt. Rows that differed: {different}."


def _projection(name: str) -> "Projection":
    from bootstrap.projector import projections
    from bootstrap.read_models import PROJECTIONS

    for projection in projections():
        if projection.name == name:
            return projection
    raise click.BadParameter(
        f"there is no projection {name!r}; known: {', '.join(PROJECTIONS)}.", param_hint="NAME"
    )


async def _rebuild(settings: Settings, projection: "Projection", *, quiet: bool) -> dict[str, int]:
    from bootstrap.ledger import AGGREGATES
    from infrastructure.eventstore.codec import register_aggregates
    from infrastructure.postgres.connect import connector
    from infrastructure.postgres.rebuild import rebuild

    assert settings.database_url is not None
    register_aggregates(*AGGREGATES)
    with _progress(quiet=quiet) as report:
        async with await connector(settings.database_url, "rebuild")() as connection:
            return await rebuild(connection, settings.database_url, projection, report)


async def _roll_back(settings: Settings, projection: "Projection") -> None:
    from infrastructure.postgres.connect import connector
    from infrastructure.postgres.rebuild import roll_back

    assert settings.database_url is not None
    async with await connector(settings.database_url, "rebuild")() as connection:
        await roll_back(connection, projection)


def _progress(*, quiet: bool) -> AbstractContextManager[Report]:
    """Return a progress bar at a terminal, and silence elsewhere."""
    import sys

    if quiet or not sys.stderr.isatty():
        return nullcontext(lambda done, total: None)
    return _Bar()


class _Bar:
    """A progress bar on standard error."""

    def __enter__(self) -> Report:
        from rich.console import Console
        from rich.progress import Progress

        self._bar = Progress(console=Console(stderr=True))
        self._bar.start()
        task = self._bar.add_task("events", total=None)
        return lambda done, total: self._bar.update(task, completed=done, total=total)

    def __exit__(self, *error: object) -> None:
        self._bar.stop()
