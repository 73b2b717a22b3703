"""What the supervisor prints: the lines of all its children, told apart."""

import json
import os
import re
import sys
from collections import deque
from collections.abc import Collection
from datetime import UTC, datetime
from typing import TextIO

from bootstrap.log_text import is_text, without_passwords
from bootstrap.settings import LogFormat

LAST_LINES = 20
_WIDTH = 10
_IMPORTANT = re.compile(r"(WARNING|ERROR|FATAL|PANIC):")
_COLORS = (36, 32, 33, 35, 34, 96, 92)


class Output:
    """Lines of several programs on one stream: `name | line` for people, JSON objects for machines.

    `quiet` programs are heard only when they report something important, or end: then with their last lines.
    """

    def __init__(
        self, log_format: LogFormat, stream: TextIO = sys.stdout, *, quiet: Collection[str] = ()
    ) -> None:
        self._stream = stream
        self._is_read = True
        self._unheard = {name: deque[str](maxlen=LAST_LINES) for name in quiet}
        self.text = is_text(log_format, stream)
        self.colored = self.text and stream.isatty() and "NO_COLOR" not in os.environ
        self._seen: list[str] = []

    def line(self, name: str, text: str) -> None:
        """One line that `name` wrote."""
        if name in self._unheard and not _IMPORTANT.match(text):
            self._unheard[name].append(text)
        elif text:
            self._show(name, text)

    def change(self, name: str, what: str) -> None:
        """Something happened to `name`."""
        if name in self._unheard and what.startswith("ended"):
            for text in self._unheard[name]:
                self._show(name, text)
            self._unheard[name].clear()
        self._show("trimtab", f"{name} {what}")

    def announce(self, text: str) -> None:
        """Text for the person who started us, as it is."""
        self._write(text)

    def _show(self, name: str, text: str) -> None:
        if self.text:
            self._write(f"{self._label(name)} {text}")
        else:
            self._write(text if text.startswith("{") else _entry(name, text))

    def _label(self, name: str) -> str:
        short = name.removeprefix("agent ")
        if not self.colored:
            return f"{short:<{_WIDTH}}|"
        if short not in self._seen:
            self._seen.append(short)
        color = _COLORS[self._seen.index(short) % len(_COLORS)]
        return f"\x1b[{color}m{short:<{_WIDTH}}|\x1b[0m"

    def _write(self, text: str) -> None:
        if not self._is_read:
            return
        try:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        except OSError:  # nobody reads any more, which is no reason to stop serving
            self._is_read = False


def _entry(name: str, text: str) -> str:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    entry = {"timestamp": now, "level": "info", "process": name, "event": without_passwords(text)}
    return json.dumps(entry)
