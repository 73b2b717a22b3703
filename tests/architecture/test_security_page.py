"""SECURITY.md names a test for every defence, and the limits of the wire are those of the code."""

import re
from pathlib import Path

import pytest

from api.json_shape import DEPTH_MAX, DIGITS_MAX
from api.uploads import PARTS_MAX, TEXT_BYTES_MAX
from bootstrap.bounded_connection import BoundedConnection

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
LIMITS = (ROOT / "docs/operations/security.md").read_text(encoding="utf-8")


def test_every_threat_has_a_test_that_exists() -> None:
    table = PAGE.partition("## Threats and defences")[2].partition("\n## ")[0]
    rows: list[str] = re.findall(r"^\| (?!threat|---|\*\*)(.*) \|$", table, re.MULTILINE)
    assert len(rows) > 20
    for row in rows:
        tests = re.findall(r"`(tests/[^`]+)`", row.rpartition(" | ")[2])
        assert tests, row
        assert [test for test in tests if not (ROOT / test).is_file()] == [], row


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("address", f"{BoundedConnection.URL_BYTES // 1024} KB"),
        ("headers", f"{BoundedConnection.HEADERS}, together {BoundedConnection.HEAD_BYTES // 1024} KB"),
        ("time for the head, and for the first byte", f"{BoundedConnection.HEAD_SECONDS:g} s"),
        ("depth of JSON", f"{DEPTH_MAX}"),
        ("digits in a row", f"{DIGITS_MAX}"),
        ("parts of an upload", f"{PARTS_MAX}; texts of {TEXT_BYTES_MAX // 1000} KB each"),
        ("time a client may leave an answer unread", f"{BoundedConnection.STALL_SECONDS:g} s"),
        (
            "time after an answer for the rest of a refused body",
            f"{BoundedConnection.LINGER_SECONDS:g} s",
        ),
    ],
)
def test_a_limit_of_the_wire_is_the_one_of_the_code(what: str, limit: str) -> None:
    assert f"| {what} | {limit} |" in LIMITS
