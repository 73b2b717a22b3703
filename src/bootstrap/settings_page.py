"""Writes docs/operations/settings.md: `python -m bootstrap.settings_page > docs/operations/settings.md`."""

import sys

from bootstrap.setting import Setting
from bootstrap.settings import documented_groups

_HEAD = """\
# Settings

Trimtab reads its settings once, at the start, from environment variables. An empty value counts as none. A value
that means nothing stops the start with one sentence that names the variable, its value and what is expected;
`trimtab doctor` says which settings are in force and which variables it does not know.

This page is written by `python -m bootstrap.settings_page` from the class that reads the settings.
"""
_TABLE = """
| variable | default | expected | what it does |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    parts = (f"\n## {title}\n{_TABLE}{''.join(map(_row, group))}" for title, group in documented_groups())
    return _HEAD + "".join(parts)


def _row(setting: Setting) -> str:
    default = _default(setting.default)
    return f"| `{setting.variable}` | {default} | {setting.kind.expected} | {setting.purpose} |\n"


def _default(text: str | None) -> str:
    return f"`{text}`" if text else "none"


if __name__ == "__main__":
    sys.stdout.write(page())
