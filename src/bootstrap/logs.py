"""Log entries: JSON off a terminal, text on one, with the ids of the request and no secrets.

Ids travel by `structlog.contextvars.bind_contextvars(request_id=…, correlation_id=…, tenant_id=…)`. The
standard library's loggers (of the web server, of Alembic) end in the same place.
"""

import logging
import os
import re
import sys
from contextlib import suppress
from functools import lru_cache
from typing import Any, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bootstrap.last_resort import SUPERVISOR
from bootstrap.log_text import is_text, without_passwords
from bootstrap.settings import Settings

HIDDEN = "[hidden]"
_SECRET_NAMES = re.compile(r"secret|passw|token|authorization|api_?key|credential|cookie", re.IGNORECASE)


def configure_logging(settings: Settings, *, process: str, output: TextIO | None = None) -> None:
    """Send every log entry of this process to `output` (standard error), each with the name `process`."""
    destination = output or sys.stderr
    stream = cast(TextIO, _Pipe(destination))
    text = is_text(settings.log_format, destination)
    shared = _shared_processors(process, text=text)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[*shared, *_rendering(text=text)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    _adopt_standard_logging(level, stream, shared, text=text)


def hide_secrets(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    """Replace values whose name says that they are secret, and passwords inside addresses."""
    for name, value in entry.items():
        if _is_secret(name):
            entry[name] = HIDDEN
        elif isinstance(value, str):
            entry[name] = without_passwords(value)
    return entry


@lru_cache(1024)
def _is_secret(name: str) -> bool:
    return _SECRET_NAMES.search(name) is not None


def _shared_processors(process: str, *, text: bool) -> list[Processor]:
    def named(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
        entry.setdefault("process", process)
        return entry

    people, programs = ("%H:%M:%S", False), ("iso", True)
    layout, utc = people if text else programs
    naming = [] if text and SUPERVISOR in os.environ else [named]  # its label is in front of the line already
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt=layout, utc=utc),
        *naming,
        hide_secrets,
    ]


def _rendering(*, text: bool) -> list[Processor]:
    """Tracebacks without the values of local variables: those may be somebody's positions."""
    if text:
        colors = "NO_COLOR" not in os.environ and ("FORCE_COLOR" in os.environ or sys.stderr.isatty())
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0, exception_formatter=plain)]
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer(_json)]


def _json(entry: Any, **_: Any) -> str:
    return msgspec.json.encode(entry, enc_hook=repr).decode()


def _adopt_standard_logging(level: int, stream: TextIO, shared: list[Processor], *, text: bool) -> None:
    handler = logging.StreamHandler(stream)
    without_internals = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[without_internals, *_rendering(text=text)], foreign_pre_chain=shared
        )
    )
    # What libraries do step by step is of interest to whoever debugs them.
    foreign_level = level if level == logging.DEBUG else max(level, logging.WARNING)
    logging.basicConfig(handlers=[handler], level=foreign_level, force=True)


class _Pipe:
    """The part of a stream that loggers use; losing its reader must not stop the work in progress."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()
