"""The plain text of log entries, for whoever needs no logger."""

import re
from typing import TextIO

from bootstrap.settings import LogFormat

_PASSWORD_IN_ADDRESS = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+@", re.IGNORECASE)


def is_text(log_format: LogFormat, output: TextIO) -> bool:
    """Whether entries on `output` are text for people rather than JSON."""
    return output.isatty() if log_format is LogFormat.AUTO else log_format is LogFormat.TEXT


def without_passwords(text: str) -> str:
    """`text` with the passwords of the addresses in it replaced by asterisks."""
    if "://" not in text:
        return text
    return _PASSWORD_IN_ADDRESS.sub(r"\1:***@", text)
