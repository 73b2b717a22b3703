"""Look for whatever keeps the service from running, and list the settings."""

import os

import click

from bootstrap.cli._exits import FAILED
from bootstrap.cli._options import as_json, print_json
from bootstrap.doctor import Checkup, examine
from bootstrap.finding import Verdict
from bootstrap.settings import documented

_COLORS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.PROBLEM: "red"}


@click.command()
@as_json
def command(*, as_json: bool) -> None:
    """Look for whatever keeps the service from running, and list the settings in force."""
    checkup = examine()
    if as_json:
        print_json({"healthy": checkup.healthy, "findings": checkup.findings, "settings": _settings()})
    else:
        _show(checkup)
    if not checkup.healthy:
        raise SystemExit(FAILED)


def _settings() -> list[dict[str, str | None]]:
    return [
        {
            "variable": setting.variable,
            "value": _shown(setting.variable, secret=setting.secret),
            "default": setting.default,
        }
        for setting in documented()
    ]


def _shown(variable: str, *, secret: bool) -> str | None:
    value = os.environ.get(variable)
    return "(set)" if secret and value else value


def _show(checkup: Checkup) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for finding in checkup.findings:
        verdict = f"[{_COLORS[finding.verdict]}]{finding.verdict:<8}[/]"
        console.print(f"{verdict} {finding.check:<20} ", end="")
        console.print(finding.detail, markup=False, soft_wrap=True)
    console.print("\nSettings that differ from their defaults:")
    for setting in _settings():
        if setting["value"]:
            console.print(f"  {setting['variable']}={setting['value']}", markup=False, soft_wrap=True)
