"""`python -m tests.bench [--full] [--only ROW …]`."""

import argparse
import time
from pathlib import Path

import uvloop
from rich.console import Console
from tests.bench.measuring import Row
from tests.bench.report import show, write
from tests.bench.rows import MEASUREMENTS
from tests.bench.scale import FULL, QUICK, Scale
from tests.bench.servers import servers

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Measure what was asked for; always exits with 0, since a missed goal is a result and no failure."""
    asked = _parser().parse_args()
    scale = FULL if asked.full else QUICK
    console = Console()
    rows = uvloop.run(_measure(scale, asked.only, Console(stderr=True)))  # the loop our processes run on
    show(rows, console)
    partial = "-partial" if asked.only else ""
    console.print(f"Everything measured: {write(rows, scale.mode + partial, asked.results)}")


async def _measure(scale: Scale, only: list[str], progress: Console) -> list[Row]:
    rows: list[Row] = []
    with servers() as running:
        for name, measurement in MEASUREMENTS.items():
            if only and name not in only:
                continue
            started = time.monotonic()
            rows += await measurement(running, scale)
            progress.print(f"{name}: {time.monotonic() - started:.0f} s")
    return sorted(rows, key=lambda row: row.key)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure Trimtab against its goals."
    )
    parser.add_argument("--full", action="store_true", help="more turns and more work per turn")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        choices=list(MEASUREMENTS),
        metavar="WORK",
        help=f"measure only some of: {', '.join(MEASUREMENTS)}",
    )
    parser.add_argument(
        "--results", type=Path, default=ROOT / "bench-results", help="where the JSON file goes"
    )
    return parser


if __name__ == "__main__":
    main()
