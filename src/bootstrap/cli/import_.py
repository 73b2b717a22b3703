"""Check a file of positions without a service."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bootstrap.cli._exits import FAILED
from bootstrap.cli._options import as_json, print_json

if TYPE_CHECKING:
    from application.positions.file import ParsedFile


@click.group()
def command() -> None:
    """Check a file of positions without a service."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def check(*, file: Path, as_json: bool) -> None:
    """Show what an import of FILE would read: positions, cash, errors and warnings. Changes nothing."""
    from application.positions.file import FileRefused, ImportLimits
    from infrastructure.imports.parser import parse_positions

    try:
        parsed = parse_positions(file.read_bytes(), file.name, limits=ImportLimits())
    except FileRefused as refusal:
        if as_json:
            print_json(
                {"refused": {"status": refusal.status, "code": refusal.code, "detail": refusal.detail}}
            )
        else:
            click.echo(f"Refused ({refusal.code}): {refusal.detail}", err=True)
        raise SystemExit(FAILED) from None
    if as_json:
        print_json(parsed)
    else:
        _show(parsed)
    if parsed.errors:
        raise SystemExit(FAILED)


def _show(parsed: "ParsedFile") -> None:
    columns = ", ".join(f"{name} ← {header}" for name, header in parsed.columns.items())
    click.echo(f"Format    {parsed.format}, header in line {parsed.header_row}")
    click.echo(f"Columns   {columns}")
    click.echo(
        f"Rows      {parsed.rows_total} data, {parsed.rows_skipped} others, {parsed.rows_with_errors} with errors\n"
    )
    for held in parsed.positions:
        price = "" if held.current_price is None else f"{held.current_price:,}"
        click.echo(
            f"{held.row:>6}  {held.account:<12} {held.ticker:<12} {held.quantity:>16,} {price:>16} {held.asset_class}"
        )
    for cash in parsed.cash:
        click.echo(
            f"{cash.row:>6}  {cash.account:<12} {'cash':<12} {cash.amount:>16,} {cash.currency or ''} {cash.label}"
        )
    for warning in parsed.warnings:
        click.echo(f"warning  {_where(warning.row)}{warning.message}")
    for error in parsed.errors:
        click.echo(f"error    {_where(error.row)}{error.message}")


def _where(row: int | None) -> str:
    return "" if row is None else f"row {row}: "
