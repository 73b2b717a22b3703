"""Which form of an answer a client wants: JSON, CSV or a workbook."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from api.exports.tables import Table, table_of
from api.queries import QueryParameter

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON: Final = "application/json"
Format: TypeAlias = Literal["csv", "xlsx"]
FORMATS: Final[dict[str, Format]] = {CSV: "csv", XLSX: "xlsx"}
_FORMAT_WORD: Final[dict[str, Format]] = {"csv": "csv", "xlsx": "xlsx"}
FORMAT_PARAMETER: Final = "format"
TABLE_PARAMETER: Final = "table"


@dataclass(frozen=True, slots=True)
class Export:
    """What a client wants instead of JSON: a form, and the tables that go into it."""

    format: Format
    tables: tuple[Table, ...]


class Tables:
    """The tables of one endpoint's answer, in the order in which they are declared."""

    def __init__(self, annotation: Any, paths: tuple[str, ...]) -> None:
        self._tables = {table.name: table for table in (table_of(annotation, path) for path in paths)}

    def parameters(self) -> list[QueryParameter]:
        """Return the query parameters that choose the form."""
        known = [_parameter(FORMAT_PARAMETER, Literal["json", "csv", "xlsx"], _FORMAT_WORDS)]
        if len(self._tables) > 1:
            names = Literal[tuple(self._tables)]  # type: ignore[valid-type]
            known.append(_parameter(TABLE_PARAMETER, names, _TABLE_WORDS))
        return known

    def wanted(self, query_string: bytes, accepted: str) -> Export | None:
        """Return what is wanted instead of JSON; `format` goes before what the Accept header prefers."""
        sent = dict(parse_qsl(query_string.decode("latin-1"))) if query_string else {}
        chosen = _FORMAT_WORD.get(sent.get(FORMAT_PARAMETER) or FORMATS.get(accepted) or JSON)
        if chosen is None:
            return None
        named = sent.get(TABLE_PARAMETER)
        tables = tuple(self._tables.values()) if named is None else (self._tables[named],)
        return Export(chosen, tables[:1] if chosen == "csv" else tables)


_FORMAT_WORDS: Final = "Answer as JSON, CSV or Excel workbook; goes before `Accept`."
_TABLE_WORDS: Final = (
    "Which table of the answer becomes the CSV or the workbook; without it the first, and in a workbook all."
)


def _parameter(name: str, annotation: Any, words: str) -> QueryParameter:
    described = Annotated[annotation | None, msgspec.Meta(description=words)]
    return QueryParameter(name=name, annotation=described, required=False, default=None, repeatable=False)
