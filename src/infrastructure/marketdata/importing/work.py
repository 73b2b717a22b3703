"""An import at work, and what came of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from infrastructure.marketdata.importing.content import Content
from infrastructure.marketdata.importing.findings import Findings


class Import(NamedTuple):
    """Whose import it is, and its place in time."""

    owner: str
    sequence: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of the valid rows.

    told : what the event says beyond the import itself. start, end : first and last day of the valid rows.
    """

    valid: int
    new: int = 0
    revised: int = 0
    created: int = 0
    start: date | None = None
    end: date | None = None
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def unchanged(self) -> int:
        """Rows that said what was known."""
        return self.valid - self.new - self.revised

    @property
    def is_news(self) -> bool:
        """Whether anything was written."""
        return self.new + self.revised + self.created > 0


Write = Callable[[AsyncConnection[Any], Import], Awaitable[Written]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A file that was understood as far as it can be without asking what is known, and how it is written."""

    content: Content
    findings: Findings
    write: Write
