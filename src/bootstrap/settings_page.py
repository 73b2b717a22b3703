"""Writes docs/operations/settings.md: `python -m bootstrap.settings_page > docs/operations/settings.md`."""

import sys

from bootstrap.settings import documented

_HEAD = """\
# Settings

Trimtab reads its settings once, at the start, from environment variables. An empty value counts as none. A value
that means nothing stops the start with one sentence that names the variable, its value and what is expected;
`trimtab doctor` says which settings are in force and which variables it does not know.

This page is written by `python -m bootstrap.settings_page` from the class that reads the settings.

| variable | default | expected | what it does |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = (
        f"| `{setting.variable}` | {_default(setting.default)} | {setting.kind.expected} | {setting.purpose} |\n"
        for setting in documented()
    )
    return _HEAD + "".join(rows)


def _default(text: str | None) -> str:
    return f"`{text}`" if text else "none"


if __name__ == "__main__":
    sys.stdout.write(page())
