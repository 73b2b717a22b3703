"""Draw first-run.svg from what a running Trimtab really answers.

    TRIMTAB_HOME=$(mktemp -d) .venv/bin/trimtab up          (in one terminal)
    TRIMTAB_HOME=… .venv/bin/python docs/images/first_run.py (in another)

It imports examples/positions.csv into the demo portfolio, reads the recommendation as the example consumer does,
and trims the answers to what fits in a picture. Use a fresh home: a second import of the same file changes nothing.
"""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from textwrap import wrap
from typing import Any

from redis import Redis
from rich.console import Console, Group
from rich.table import Table
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
PICTURE = Path(__file__).with_name("first-run.svg")
DEMO = "afa6503f-e3eb-5931-b67e-4ac415459357"
WIDTH = 112
SHOWN = ("rows_imported", "rows_with_errors", "rows_unchanged", "updated", "agents_fired", "mode")
THEME = TerminalTheme(
    (19, 24, 33),
    (219, 225, 234),
    [
        (19, 24, 33),
        (240, 113, 120),
        (140, 200, 120),
        (240, 190, 100),
        (110, 170, 240),
        (190, 140, 230),
        (100, 200, 200),
        (219, 225, 234),
    ],
)
# Rich's own frame loads a font from elsewhere; a picture in a repository should not.
FRAME = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>From a file of positions to a recommendation on a stream</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; white-space: pre; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
<rect fill="#131821" width="{width}" height="{height}" rx="10"/>
<g transform="translate(20, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def main() -> None:
    """Run the first minutes of the README and draw them."""
    trimtab = str(Path(sys.executable).with_name("trimtab"))
    status = json.loads(output(trimtab, "status", "--json"))
    key = output(trimtab, "key", "create", "--tenant", "demo", "--name", "picture").split()[-1]
    answer = imported(status["api"], key)
    consumer = output(
        sys.executable, "examples/python/consume_recommendations.py", status["redis_url"], "--once"
    )
    entry = newest_recommendation(status["redis_url"])
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    console.print(picture(answer, consumer, entry))
    drawn = console.export_svg(title="", theme=THEME, code_format=FRAME, unique_id="first-run")
    PICTURE.write_text("\n".join(line.rstrip() for line in drawn.splitlines()) + "\n", encoding="utf-8")


def output(*command: str) -> str:
    """Return what a command prints."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def imported(address: str, key: str) -> dict[str, Any]:
    """Send the example file to the demo portfolio."""
    place = f"{address}/v1/portfolios/{DEMO}/positions/import"
    body = output("curl", "-sSf", "-H", f"X-API-Key: {key}", "-F", "file=@examples/positions.csv", place)
    answer: dict[str, Any] = json.loads(body)
    return answer


def newest_recommendation(redis_url: str) -> dict[str, Any]:
    """Return the data of the last entry of the stream."""
    redis: Any = Redis.from_url(redis_url, decode_responses=True)
    entries = redis.xrevrange("pm:rebalance:recommended", count=1)
    data: dict[str, Any] = json.loads(entries[0][1]["data"])
    return data


def picture(answer: dict[str, Any], consumer: str, entry: dict[str, Any]) -> Group:
    """Return the terminal as it is drawn."""
    trimmed = json.dumps({name: answer[name] for name in SHOWN})[:-1] + ", …}"
    return Group(
        command("make run"),
        command('curl -H "X-API-Key: $KEY" -F file=@examples/positions.csv $URL/…/positions/import'),
        Text(trimmed, style="color(7)"),
        Text(),
        command('python examples/python/consume_recommendations.py "$REDIS_URL"'),
        Text("\n".join(folded(consumer)), style="color(7)"),
        Text(),
        Text("The same entry says where the trades lead (red is sold, green is bought):", style="color(3)"),
        weights(entry),
        Text(),
    )


def folded(printed: str) -> list[str]:
    """Return printed lines, those that are too long continued further right."""
    lines = []
    for line in printed.rstrip().splitlines():
        indent = " " * (len(line) - len(line.lstrip()))
        lines += wrap(line.strip(), WIDTH - 2, initial_indent=indent, subsequent_indent=indent + "  ")
    return lines


def command(line: str) -> Text:
    """Return a line that somebody types."""
    return Text.assemble(("$ ", "color(2)"), (line, "bold color(7)"))


def weights(entry: dict[str, Any]) -> Table:
    """Return the buckets with a target, before and after."""
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="color(4)")
    for heading in ("sector", "target", "before", "after", ""):
        table.add_column(heading, justify="left" if heading in ("sector", "") else "right")
    for before, after in zip(entry["before"], entry["after"], strict=True):
        if before["target_weight"] is not None:
            shown = [percent(before["target_weight"]), percent(before["actual_weight"])]
            table.add_row(before["bucket"], *shown, percent(after["actual_weight"]), bar(before, after))
    return table


def percent(fraction: float) -> str:
    """Return a fraction for people."""
    return f"{100 * fraction:.1f} %"


def bar(before: dict[str, Any], after: dict[str, Any]) -> Text:
    """Return a bar of the weight after the trades, with what is sold or bought in another colour."""
    was, becomes = round(80 * before["actual_weight"]), round(80 * after["actual_weight"])
    kept = min(was, becomes)
    color = "color(1)" if was > becomes else "color(2)"
    return Text.assemble(("█" * kept, "color(4)"), ("█" * (max(was, becomes) - kept), color))


if __name__ == "__main__":
    main()
