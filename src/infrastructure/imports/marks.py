"""Deciding the decimal mark of every column: by its values, its neighbours, arithmetic, the delimiter."""

from collections.abc import Iterable
from decimal import Decimal

from application.positions.file import ColumnMapping
from infrastructure.imports.aliases import ENGLISH, header_key
from infrastructure.imports.findings import Findings
from infrastructure.imports.numbers import Evidence, Figure, Mark, evidence, figure, read_numbers, weigh
from infrastructure.imports.tables import Table

NUMERIC = (
    "quantity",
    "avg_cost_price",
    "cost_basis_total",
    "cost_basis",
    "current_price",
    "market_value",
    "base_value",
    "multiplier",
)
_PRODUCTS = (
    ("quantity", "current_price", "market_value"),
    ("quantity", "avg_cost_price", "cost_basis_total"),
    ("quantity", "avg_cost_price", "cost_basis"),
)
_TRIED_ROWS = 200
_CLOSE = Decimal("0.01")

Marks = dict[str, Mark | None]


def decide_marks(table: Table, delimiter: str | None, mapping: ColumnMapping, findings: Findings) -> Marks:
    """Return the decimal mark of each numeric column; None where nothing in the file tells."""
    texts = {name: column for name in NUMERIC if (column := table.texts(name)) is not None}
    stored = {name for name in texts if table.columns[name] in table.numeric}
    if mapping.decimal_mark:
        return {name: "." if name in stored else mapping.decimal_mark for name in texts}
    weighed = {name: evidence(column) for name, column in texts.items() if name not in stored}
    marks: Marks = dict.fromkeys(stored, ".")
    marks |= {name: one.mark if one.dots or one.commas else "." for name, one in weighed.items()}
    unclear = [name for name, one in weighed.items() if one.unclear and not (one.dots or one.commas)]
    if unclear:
        found = _neighbours(weighed, table, stored) or _arithmetic(texts, marks, unclear)
        found = found or _delimiter(table, texts, unclear, delimiter, findings)
        marks |= dict.fromkeys(unclear, found)
    return marks


def _neighbours(weighed: dict[str, Evidence], table: Table, stored: set[str]) -> Mark | None:
    """What the other columns agree on: the recognised ones first, then whatever else holds numbers."""
    found = {one.mark for one in weighed.values() if one.dots or one.commas}
    if not found and not stored:
        known = set(table.columns.values())
        others = (place for place in range(len(table.header)) if place not in known)
        found = {mark for place in others if (mark := _loose_mark(row[place] for row in table.rows))}
    return found.pop() if len(found) == 1 else None


def _loose_mark(cells: Iterable[str]) -> Mark | None:
    """The mark of an unknown column, if most of it is numbers; percentages count."""
    filled = [cell.replace("%", "") for cell in cells if cell.strip()]
    figures = [parts for cell in filled if isinstance(parts := figure(cell), Figure)]
    return weigh(figures).mark if len(figures) * 2 > len(filled) else None


def _arithmetic(texts: dict[str, list[str]], marks: Marks, unclear: list[str]) -> Mark | None:
    for names in _PRODUCTS:
        if all(name in texts for name in names) and any(name in unclear for name in names):
            fits = {mark: _fit(names, texts, marks, unclear, mark) for mark in _BOTH}
            if max(fits.values()) >= 0.8 and min(fits.values()) <= 0.2:
                return max(_BOTH, key=fits.__getitem__)
    return None


_BOTH: tuple[Mark, Mark] = (".", ",")


def _fit(
    names: tuple[str, ...], texts: dict[str, list[str]], marks: Marks, unclear: list[str], mark: Mark
) -> float:
    """The share of rows in which the first two columns multiply to the third under a decimal mark."""
    columns = [
        read_numbers(texts[name][:_TRIED_ROWS], mark if name in unclear else marks[name]).values
        for name in names
    ]
    rows = [row for row in zip(*columns, strict=True) if all(value is not None and value for value in row)]
    close = sum(
        abs(a * b - product) <= abs(product) * _CLOSE for a, b, product in rows if a and b and product
    )
    return close / len(rows) if rows else 0.5


def _delimiter(
    table: Table, texts: dict[str, list[str]], unclear: list[str], delimiter: str | None, findings: Findings
) -> Mark | None:
    """Files separated by semicolons are so because the comma is taken; English ones by commas use the dot."""
    used = {char for name in unclear for char in ".," if any(char in text for text in texts[name])}
    headers = (header_key(table.header[place]) for place in table.columns.values())
    mark: Mark | None = None
    if delimiter == ";" and used == {","}:
        mark = ","
    elif delimiter == "," and all(key in ENGLISH for key in headers):
        mark = "."
    if mark:
        message = (
            f"Read with the decimal mark '{mark}', as the delimiter suggests; a mapping can say otherwise."
        )
        for name in unclear:
            findings.warn(None, name, "decimal_mark_assumed", message)
    return mark
