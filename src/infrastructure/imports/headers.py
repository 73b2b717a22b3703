"""Which cell of a line is the header of which column, by the client's mapping or the known aliases."""

import re

from application.positions.file import ColumnMapping, FileRefused
from infrastructure.imports.aliases import COLUMN_OF, IDENTIFYING, RANK_OF, TRADE_WORDS, header_key
from infrastructure.imports.vocabulary import currency_code

_UNIT = re.compile(r"(?:\s+in)?\s*[\[(/]?\s*([A-Za-z]{3}|[€£])\s*[\])]?\s*$")
_HEADER_LENGTH = 80


def recognise(cells: list[str], mapping: ColumnMapping) -> dict[str, int]:
    """Return canonical names and the places of their columns; the first and most exact alias wins."""
    found: dict[str, tuple[int, int]] = {}
    for place, cell in enumerate(cells):
        for key in _keys(cell):
            name = COLUMN_OF.get(key)
            if name is None:
                continue
            if name not in found or RANK_OF[key] < found[name][0]:
                found[name] = (RANK_OF[key], place)
            break
    places = {name: place for name, (_, place) in found.items()}
    return _with_mapping(places, cells, mapping) if mapping.columns else places


def _keys(cell: str) -> tuple[str, ...]:
    if not cell or len(cell) > _HEADER_LENGTH:
        return ()
    bare = _UNIT.sub("", cell)
    return (header_key(cell),) if bare == cell or not bare else (header_key(cell), header_key(bare))


def _with_mapping(places: dict[str, int], cells: list[str], mapping: ColumnMapping) -> dict[str, int]:
    keys = [header_key(cell) for cell in cells]
    said = {
        name: keys.index(key) for name, text in mapping.columns.items() if (key := header_key(text)) in keys
    }
    taken = set(said.values())
    return {name: place for name, place in places.items() if place not in taken} | said


def require_mapped(columns: dict[str, int], header: list[str], mapping: ColumnMapping) -> None:
    """Refuse a mapping that names a header the file does not have.

    Even where the column was recognised by itself: the client meant another one.
    """
    keys = {header_key(cell) for cell in header}
    for name, text in mapping.columns.items():
        if name not in columns or header_key(text) not in keys:
            seen = ", ".join(cell for cell in header if cell)
            raise FileRefused(
                422,
                "bad_mapping",
                f"The mapping names {text!r} for {name}, but the file's columns are: {seen}.",
            )


def heads_positions(columns: dict[str, int]) -> bool:
    """Tell whether these columns are enough for positions: a quantity, and a ticker or an identifier."""
    return "quantity" in columns and any(name in columns for name in IDENTIFYING)


def heads_transactions(cells: list[str]) -> bool:
    """Tell whether a header belongs to a list of trades, which is no list of positions."""
    return any(header_key(cell) in TRADE_WORDS for cell in cells)


def currency_in_header(text: str) -> str | None:
    """Return the currency a header names, as in `Price (USD)` or `Wert in EUR`."""
    unit = _UNIT.search(text)
    known = currency_code(unit.group(1)) if unit and unit.group(0) != text else None
    return known[0] if known else None
