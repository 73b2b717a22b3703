"""What a newcomer reads when the service is up: where it is, how to get in, and three lines to paste."""

import os
from pathlib import Path
from shlex import quote

from bootstrap.demo_access import DemoAccess
from bootstrap.settings import Settings

EXAMPLE = Path("examples") / "positions.csv"


def welcome(settings: Settings, access: DemoAccess | None, *, in_color: bool = False) -> str:
    """The text, with a blank line before and after."""
    lines = [f"Trimtab answers at {settings.api_url}", f"Documentation     {settings.api_url}/docs"]
    if access:
        lines += ["", *_credentials(access), "", *_first_steps(settings.api_url, access)]
    else:
        lines += ["", "A token for your tenant:  trimtab token --tenant my-tenant"]
    text = "\n".join(lines)
    return f"\n\x1b[1m{text}\x1b[0m\n" if in_color else f"\n{text}\n"


def _credentials(access: DemoAccess) -> list[str]:
    return [
        f"Demo tenant       {access.tenant}",
        f"Demo key          {access.api_key}",
        f"Demo token        {access.token}",
    ]


def _first_steps(address: str, access: DemoAccess) -> list[str]:
    key = f"-H 'X-API-Key: {access.api_key}'"
    json = "-H 'Content-Type: application/json'"
    portfolio_to_create = """'{"name": "My first portfolio", "portfolio_type": "long_only"}'"""
    portfolio = f"{address}/v1/portfolios/{access.portfolio_id}"
    return [
        "Create a portfolio, import positions into the demo portfolio, read what should be traded:",
        f"curl -sS -w '\\n' {key} {json} -d {portfolio_to_create} {address}/v1/portfolios",
        f"curl -sS -w '\\n' {key} -F file=@{quote(str(_example()))} {portfolio}/positions/import",
        f"curl -sS -w '\\n' {key} -H 'Prefer: wait=5' '{portfolio}/recommendations?status=open'",
    ]


def _example() -> Path:
    """The example file, as short as it can be named from here."""
    here = Path(__file__).resolve().parents[2] / EXAMPLE
    return EXAMPLE if EXAMPLE.exists() and os.path.samefile(EXAMPLE, here) else here
