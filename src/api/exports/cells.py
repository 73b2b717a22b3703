"""What stands in one cell: the kinds of values a table holds, and how each is written."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

import msgspec

from api.encoding import encode

Kind: TypeAlias = Literal["text", "number", "date", "time", "flag"]
Cell: TypeAlias = str | int | float | Decimal | bool | date | datetime | None
_KINDS: Final[Mapping[Any, Kind]] = {
    Decimal: "number",
    int: "number",
    float: "number",
    bool: "flag",
    date: "date",
    datetime: "time",
}
_FORMULA: Final = re.compile("[ \u00a0]*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def arms_of(annotation: Any) -> list[Any]:
    """Return the types a value can have, without null and without what only documents them."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        return [
            arm
            for each in get_args(annotation)
            for arm in arms_of(each)
            if arm not in (NoneType, msgspec.UnsetType)
        ]
    return [annotation]


def kind_of(annotation: Any) -> Kind:
    """Return the kind of cell that values of a type make; a mixture is text."""
    kinds = {_KINDS.get(arm, "text") for arm in arms_of(annotation)}
    return kinds.pop() if len(kinds) == 1 else "text"


def cell(value: Any, kind: Kind) -> Cell:
    """Return a value as it goes into a cell of a kind; nothing to say, and no number, leaves it empty."""
    if value is None or value is msgspec.UNSET or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, Mapping) and not value:
        return None
    return _text(value) if kind == "text" else value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)) and not any(_is_nested(item) for item in value):
        return "; ".join(_text(item) for item in value)
    if _is_nested(value):
        return encode(value).decode()
    return str(msgspec.to_builtins(value))


def _is_nested(item: Any) -> bool:
    return isinstance(item, (list, tuple, Mapping, msgspec.Struct, msgspec.Raw))


def written(value: Cell) -> str:
    """Return a cell as text: numbers with every digit and a point, times in UTC, text that runs no formula."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return harmless(value)
        case Decimal():
            return f"{value:f}"
        case float():
            return repr(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def harmless(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula; numbers stay as they are."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
