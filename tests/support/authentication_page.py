"""Renders docs/api/authentication.md as the page that the service shows.

`python -m tests.support.authentication_page` writes it anew; the service itself needs neither Markdown nor the docs.
"""

import re
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

REPOSITORY: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = REPOSITORY / "docs" / "api" / "authentication.md"
PAGE: Final = REPOSITORY / "src" / "api" / "pages" / "authentication.html"
_TITLE: Final = re.compile(r"^# .*\n")
_OUTSIDE: Final = re.compile(r'<a href="(?!/|#|https?:)[^"]*">(.*?)</a>')


def rendered(text: str) -> str:
    """Return a page of the docs as HTML without its title; links to pages that the service lacks become words."""
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(_TITLE.sub("", text))
    return _OUTSIDE.sub(r"\1", html)


if __name__ == "__main__":
    PAGE.write_text(rendered(SOURCE.read_text(encoding="utf-8")), encoding="utf-8")
