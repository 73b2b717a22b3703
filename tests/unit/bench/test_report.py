import io
import json
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from tests.bench.measuring import at_least, spread_row
from tests.bench.report import document, show, write

ROWS = [spread_row("1", "create over HTTP", at_least(4, "× plain CRUD"), [3.0, 5.0, 4.5], {"p50": 0.01})]


def test_the_file_says_what_was_measured_where_and_whether_it_is_enough(tmp_path: Path) -> None:
    file = write(ROWS, "quick", tmp_path / "results")
    found = json.loads(file.read_text())
    assert file.name == "quick.json"
    assert found["machine"]["cpus"]
    (row,) = found["rows"]
    assert (row["goal"], row["value"], row["low"], row["high"], row["reached"]) == (
        "≥ 4 × plain CRUD", 4.5, 3.0, 5.0, True,
    )  # fmt: skip


def test_the_document_says_when() -> None:
    found = document(ROWS, "full", now=datetime(2026, 3, 26, 8, tzinfo=UTC))
    assert (found["mode"], found["measured_at"]) == ("full", "2026-03-26T08:00:00+00:00")


def test_the_table_names_the_goal_and_the_spread() -> None:
    output = io.StringIO()
    show(ROWS, Console(file=output, width=140))
    table = output.getvalue()
    assert "≥ 4 × plain CRUD" in table
    assert "3 – 5" in table
    assert "yes" in table
