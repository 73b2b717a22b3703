"""Import market data, ask a provider for it, or see what is there."""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bootstrap.cli._exits import FAILED, OUT_OF_REACH
from bootstrap.cli._options import as_json, print_json, tenant_of
from bootstrap.home import connected
from bootstrap.settings import Settings, read_settings
from domain.market import KINDS, SHARED, Kind

if TYPE_CHECKING:
    from application.market.imports import MarketImported, MarketImportReport

DAY = click.DateTime(formats=["%Y-%m-%d"])
ERRORS_SHOWN = 20


@click.group()
def command() -> None:
    """Import market data, ask a provider for it, or see what is there."""


def _whose(function: Any) -> Any:
    function = click.option("--shared", is_flag=True, help="Into the set that all tenants read.")(function)
    return click.option("--tenant", metavar="TENANT", help="Into what belongs to this tenant.")(function)


@command.command("import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_whose
@click.option("--benchmark", metavar="TICKER", help="Whose constituents the file holds.")
@click.option("--date", "day", type=DAY, help="From when constituents in a file without dates hold.")
@click.option("--dry-run", is_flag=True, help="Only say what the import would do.")
@as_json
def import_(
    *,
    kind: Kind,
    file: Path,
    tenant: str | None,
    shared: bool,
    benchmark: str | None,
    day: datetime | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import FILE of KIND: CSV, CSV packed by gzip, or Parquet."""
    from bootstrap.market_data import Sheet, import_sheets

    owner = _owner(tenant, shared=shared)
    if (kind == "constituents") != (benchmark is not None):
        raise click.UsageError("--benchmark goes with constituents, and constituents with --benchmark.")
    sheet = Sheet(kind=kind, filename=file.name, content=file.read_bytes())
    work = import_sheets(
        _settings(),
        [sheet],
        owner=owner,
        dry_run=dry_run,
        benchmark=None if benchmark is None else benchmark.upper(),
        day=None if day is None else day.date(),
    )
    _finish(_run(work), as_json=as_json)


@command.command()
@click.argument("symbols", nargs=-1, required=True)
@click.option("--from", "start", type=DAY, required=True, help="First day.")
@click.option("--to", "end", type=DAY, help="Last day; today unless said.")
@_whose
@as_json
def fetch(
    *,
    symbols: tuple[str, ...],
    start: datetime,
    end: datetime | None,
    tenant: str | None,
    shared: bool,
    as_json: bool,
) -> None:
    """Ask Tiingo for SYMBOLS and import what it answers; needs the extra `tiingo` and TRIMTAB_TIINGO_TOKEN."""
    from application.market.providers import ProviderFailed
    from bootstrap.market_data import import_sheets

    owner = _owner(tenant, shared=shared)
    settings = _settings()
    last = end.date() if end is not None else date.today()  # noqa: DTZ011 the day of whoever types
    try:
        sheets = asyncio.run(_asked(settings, symbols, start.date(), last))
    except ProviderFailed as failure:
        click.echo(str(failure), err=True)
        raise SystemExit(OUT_OF_REACH) from None
    _finish(_run(import_sheets(settings, sheets, owner=owner, source="tiingo")), as_json=as_json)


async def _asked(settings: Settings, symbols: tuple[str, ...], start: date, end: date) -> Any:
    from bootstrap.market_data import provided, sheets_of

    try:
        from infrastructure.marketdata.providers.tiingo import Tiingo
    except ModuleNotFoundError:
        raise click.ClickException("Install the extra first: pip install 'trimtab[tiingo]'.") from None
    if settings.tiingo_token is None:
        raise click.UsageError("Set TRIMTAB_TIINGO_TOKEN to the token of your Tiingo account.")
    async with Tiingo(settings.tiingo_token) as provider:
        return sheets_of(await provided(provider, symbols, start=start, end=end), source=provider.name)


@command.command()
@as_json
def status(*, as_json: bool) -> None:
    """Show what each owner has: instruments, bars, first and last day, sources."""
    from bootstrap.market_data import holdings

    found = asyncio.run(holdings(_settings()))
    if as_json:
        print_json(found)
        return
    for one in found:
        owner = "shared" if one.owner == SHARED else one.owner
        days = f"{one.first_day} to {one.last_day}" if one.first_day else "no prices"
        click.echo(
            f"{owner:<20} {one.instruments:>7,} instruments {one.bars:>12,} bars  {days}  {', '.join(one.sources)}"
        )


def _owner(tenant: str | None, *, shared: bool) -> str:
    if (tenant is None) == (not shared):
        raise click.UsageError("Say whose the data shall be: --tenant TENANT or --shared.")
    if tenant is None:
        return SHARED
    if tenant == SHARED:
        raise click.BadParameter("`*` is the shared set; say --shared.", param_hint="--tenant")
    return tenant_of(tenant)


def _settings() -> Settings:
    return connected(read_settings())


def _run(work: Any) -> "list[MarketImported]":
    from domain.errors import Refused

    try:
        done: list[MarketImported] = asyncio.run(work)
    except Refused as refusal:
        for violation in refusal.violations[:ERRORS_SHOWN]:
            click.echo(f"error    {violation.detail}", err=True)
        click.echo(str(refusal), err=True)
        raise SystemExit(FAILED) from None
    return done


def _finish(done: "list[MarketImported]", *, as_json: bool) -> None:
    for one in done:
        if one.refusal is not None:
            click.echo(f"Refused ({one.refusal.code}): {one.refusal.detail}", err=True)
    reports = [one.report for one in done if one.report is not None]
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            _show(report)
    if len(reports) < len(done) or any(report.rows_with_errors for report in reports):
        raise SystemExit(FAILED)


def _show(report: "MarketImportReport") -> None:
    days = f", {report.start} to {report.end}" if report.start else ""
    unchanged, revised = report.rows_unchanged, report.rows_revised
    new = report.rows_imported - unchanged - revised
    click.echo(
        f"{report.kind:<12} {new:,} new, {revised:,} revised, {unchanged:,} unchanged, "
        f"{report.rows_with_errors:,} with errors, {report.instruments_created:,} instruments created{days}"
    )
    for warning in report.warnings[:ERRORS_SHOWN]:
        click.echo(f"warning  {'' if warning.row is None else f'row {warning.row}: '}{warning.message}")
    for error in report.errors[:ERRORS_SHOWN]:
        click.echo(f"error    row {error.row}: {error.message}")
    if report.rows_with_errors > ERRORS_SHOWN:
        click.echo(f"error    … {report.rows_with_errors:,} rows in all")
