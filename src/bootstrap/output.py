"""What the supervisor prints: the lines of all its children, told apart."""

import json
import os
import sys
from datetime import UTC, datetime
from typing import TextIO

from bootstrap.logs import is_text, without_passwords
from bootstrap.settings import LogFormat

_WIDTH = 10
_COLORS = (36, 32, 33, 35, 34, 96, 92)


class Output:
    """Lines of several programs on one stream: `name | line` for people, JSON objects for machines."""

    def __init__(self, log_format: LogFormat, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self.text = is_text(log_format, stream)
        self.colored = self.text and stream.isatty() and "NO_COLOR" not in os.environ
        self._seen: list[str] = []

    def line(self, name: str, text: str) -> None:
        """One line that `name` wrote."""
        if not text:
            return
        if self.text:
            self._write(f"{self._label(name)} {text}")
        else:
            self._write(text if text.startswith("{") else _entry(name, text))

    def change(self, name: str, what: str) -> None:
        """Something happened to `name`."""
        self.line("trimtab", f"{name} {what}")

    def announce(self, text: str) -> None:
        """Text for the person who started us, as it is."""
        self._write(text)

    def _label(self, name: str) -> str:
        short = name.removeprefix("agent ")
        if not self.colored:
            return f"{short:<{_WIDTH}}|"
        if short not in self._seen:
            self._seen.append(short)
        color = _COLORS[self._seen.index(short) % len(_COLORS)]
        return f"\x1b[{color}m{short:<{_WIDTH}}|\x1b[0m"

    def _write(self, text: str) -> None:
        try:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        except OSError:  # nobody reads any more, which is no reason to stop serving
            self._stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 for as long as we live


def _entry(name: str, text: str) -> str:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    entry = {"timestamp": now, "level": "info", "process": name, "event": without_passwords(text)}
    return json.dumps(entry)
