"""Tables on their way into an Excel workbook, which a calculator process writes."""

from typing import Final, Literal

import msgspec

TASK: Final = "export.workbook"


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One table; `rows` hold text, numbers as text with every digit, dates and times as ISO 8601, flags."""

    name: str
    headers: list[str]
    kinds: list[Literal["text", "number", "date", "time", "flag"]]
    rows: list[list[str | bool | None]]


class WorkbookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The sheets of a workbook, in their order."""

    sheets: list[Sheet]


class Workbook(msgspec.Struct, frozen=True, kw_only=True):
    """An .xlsx file."""

    content: bytes
