"""The table at the terminal, and the file with everything in it."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from tests.bench.measuring import Row, figure


def show(rows: Sequence[Row], console: Console) -> None:
    """Print the table."""
    table = Table(title="Trimtab against its goals", title_justify="left")
    for heading in ("", "work", "goal", "median", "lowest – highest", "turns", "reached"):
        table.add_column(heading, justify="right" if heading in ("median", "turns") else "left")
    for row in rows:
        table.add_row(
            row.key,
            row.work,
            str(row.target),
            f"{figure(row.value)} {row.target.unit}",
            f"{figure(row.low)} – {figure(row.high)}",
            str(row.turns),
            "yes" if row.reached else "[bold red]no[/]",
        )
    console.print(table)


def document(rows: Sequence[Row], mode: str, *, now: datetime) -> dict[str, Any]:
    """What the file holds."""
    return {
        "mode": mode,
        "measured_at": now.isoformat(timespec="seconds"),
        "machine": {
            "cpus": os.cpu_count(),
            "load_at_end": round(os.getloadavg()[0], 2),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "rows": [
            {**asdict(row), "goal": str(row.target), "reached": row.reached, "details": row.details}
            for row in rows
        ],
    }


def write(rows: Sequence[Row], mode: str, folder: Path) -> Path:
    """Write the file and return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{mode}.json"
    found = document(rows, mode, now=datetime.now(UTC))
    file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return file
