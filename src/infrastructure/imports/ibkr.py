"""Interactive Brokers: the Activity Statement, many tables in one CSV, and the levels of Flex queries."""

from collections.abc import Iterator

from application.positions.file import ColumnMapping
from infrastructure.imports.aliases import header_key
from infrastructure.imports.dates import dates_in
from infrastructure.imports.headers import heads_positions, recognise
from infrastructure.imports.source import Source
from infrastructure.imports.tables import CashLine, Table

_TAGS = frozenset(("Header", "Data", "Total", "SubTotal", "Notes"))
_LEFT = 2  # section name and tag stand before the cells
_TRADE_TIMES = frozenset(("datetime", "dateheure", "datumzeit", "fechahora"))
_ENRICHED = {"security_name": "Description", "identifier": "Security ID", "exchange": "Listing Exch"}


def is_activity_statement(source: Source) -> bool:
    """Tell an Activity Statement by its shape: section, tag, cells."""
    head = [row for row in source.rows[:20] if row]
    return len(head) > 1 and all(len(row) > _LEFT and row[1] in _TAGS for row in head[:4])


def activity_table(source: Source, mapping: ColumnMapping) -> Table | None:
    """Return the open positions of an Activity Statement with its cash, None when it has no such section."""
    table: Table | None = None
    section = ""
    for line, row in zip(source.lines, source.rows, strict=True):
        if len(row) <= _LEFT:
            continue
        if table is None and row[1] == "Header" and _heads_open_positions(row, mapping):
            table, section = _opened(line, row, mapping), row[0]
        elif table is not None and row[0] == section:
            _take(table, line, row)
    if table is not None:
        _add_statement_facts(table, source)
    return table


def _heads_open_positions(row: list[str], mapping: ColumnMapping) -> bool:
    columns = recognise(row[_LEFT:], mapping)
    timed = any(header_key(cell) in _TRADE_TIMES for cell in row)
    return heads_positions(columns) and "level" in columns and not timed


def _opened(line: int, row: list[str], mapping: ColumnMapping) -> Table:
    columns = {name: place + _LEFT for name, place in recognise(row[_LEFT:], mapping).items()}
    return Table(format="ibkr", header=list(row), header_row=line, columns=columns)


def _take(table: Table, line: int, row: list[str]) -> None:
    if row[1] == "Data":
        table.rows.append(row)
        table.lines.append(line)
    elif row[1] == "Header":
        table.skip(line, "heading", row)
    else:
        table.skip(line, "total", row)


def _add_statement_facts(table: Table, source: Source) -> None:
    facts = {(row[0], row[2]): row[3] for row in source.rows if len(row) > 3 and row[1] == "Data"}
    account = facts.get(("Account Information", "Account"), "")
    readings = dates_in(facts.get(("Statement", "Period"), ""))
    table.as_of = readings[0] if len(readings) == 1 else None
    table.accounts = [account] * len(table.rows)
    table.cash = list(_cash(source, account, facts.get(("Account Information", "Base Currency"), "")))
    _enrich(table, _instruments(source))


def _section(source: Source, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    header: list[str] = []
    for line, row in zip(source.lines, source.rows, strict=True):
        if len(row) > _LEFT and row[0] == name:
            if row[1] == "Header":
                header = row[_LEFT:]
            elif row[1] == "Data":
                yield line, dict(zip(header, row[_LEFT:], strict=False))


def _cash(source: Source, account: str, base: str) -> Iterator[CashLine]:
    endings = [
        (line, cells)
        for line, cells in _section(source, "Cash Report")
        if cells.get("Currency Summary") == "Ending Cash"
    ]
    single = [(line, cells) for line, cells in endings if cells["Currency"] != "Base Currency Summary"]
    for line, cells in single or endings:
        currency = cells["Currency"] if single else base
        yield CashLine(
            line=line,
            account=account,
            currency=currency,
            amount=cells.get("Total", ""),
            label=f"Cash {currency}",
        )


def _instruments(source: Source) -> dict[str, dict[str, str]]:
    found = _section(source, "Financial Instrument Information")
    return {cells["Symbol"]: cells for _, cells in found if "Symbol" in cells}


def _enrich(table: Table, instruments: dict[str, dict[str, str]]) -> None:
    """Append name, identifier and exchange, which the statement tells in a section of its own."""
    width, ticker = len(table.header), table.columns.get("ticker")
    if not instruments or ticker is None:
        return
    missing = {name: title for name, title in _ENRICHED.items() if name not in table.columns}
    table.columns |= {name: width + place for place, name in enumerate(missing)}
    table.header += missing.values()
    for place, row in enumerate(table.rows):
        facts = instruments.get(row[ticker], {}) if ticker < len(row) else {}
        padded = (row + [""] * width)[:width]
        table.rows[place] = [*padded, *(facts.get(title, "") for title in missing.values())]


def one_level_of_detail(table: Table) -> int:
    """Drop the lots where summaries of the same positions are told too; answer how many were dropped."""
    levels = [text.strip().casefold() for text in table.texts("level") or ()]
    if "summary" not in levels:
        return 0
    kept = [place for place, level in enumerate(levels) if level == "summary"]
    for place, level in enumerate(levels):
        if level != "summary":
            table.skip(table.lines[place], "lot", table.rows[place])
    table.rows = [table.rows[place] for place in kept]
    table.lines = [table.lines[place] for place in kept]
    table.accounts = [table.accounts[place] for place in kept]
    return len(levels) - len(kept)
