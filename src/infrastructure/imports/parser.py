"""Reading one file of positions, start to end, in this process."""

from application.positions.file import (
    ColumnMapping,
    FailedRow,
    FileRefused,
    ImportLimits,
    ParsedFile,
)
from infrastructure.imports.brokers import broker_of
from infrastructure.imports.cash import told_cash
from infrastructure.imports.dates import the_date
from infrastructure.imports.delimited import read_delimited
from infrastructure.imports.draft import draft_of
from infrastructure.imports.encoding import decode
from infrastructure.imports.findings import LISTED_AT_MOST, Findings, Flaw
from infrastructure.imports.holdings import holdings_of
from infrastructure.imports.ibkr import activity_table, is_activity_statement, one_level_of_detail
from infrastructure.imports.source import UNCALCULATED, Source
from infrastructure.imports.tables import Table, find_table

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def parse_positions(
    content: bytes, filename: str, *, limits: ImportLimits, mapping: ColumnMapping | None = None
) -> ParsedFile:
    """Read a CSV file or workbook of positions; the kind is told by its bytes, not by `filename`.

    Raises
    ------
    FileRefused
        Nothing can be read: 413 beyond the limits, 422 otherwise. No other exception leaves this function.
    """
    mapping = mapping or ColumnMapping()
    if len(content) > limits.max_bytes:
        raise FileRefused(
            413,
            "file_too_large",
            f"The file has {len(content):,} bytes; at most {limits.max_bytes:,} are read.",
        )
    table, source = _table(content, limits, mapping)
    _refuse_too_many(table, limits)
    return _parsed(table, source, mapping)


def _table(content: bytes, limits: ImportLimits, mapping: ColumnMapping) -> tuple[Table, Source]:
    if content.startswith(_OLE):
        raise FileRefused(
            422,
            "old_or_protected_workbook",
            "This is an old .xls workbook or protected by a password. Save it as .xlsx without a password.",
        )
    if content.startswith(_ZIP):
        return _workbook_table(content, limits, mapping)
    text, encoding = decode(content, mapping.encoding)
    source = read_delimited(text, limits, mapping)
    source.encoding = encoding
    table = activity_table(source, mapping) if is_activity_statement(source) else None
    return table or _labelled(find_table(source, mapping)), source


def _workbook_table(content: bytes, limits: ImportLimits, mapping: ColumnMapping) -> tuple[Table, Source]:
    from infrastructure.imports.workbook import workbook_table

    table, source = workbook_table(content, limits, mapping)
    return _labelled(table), source


def _labelled(table: Table) -> Table:
    table.format = broker_of(table)
    return table


def _refuse_too_many(table: Table, limits: ImportLimits) -> None:
    if len(table.rows) > limits.max_rows:
        raise FileRefused(
            413,
            "too_many_rows",
            f"The file has {len(table.rows):,} rows; at most {limits.max_rows:,} are read.",
        )


def _parsed(table: Table, source: Source, mapping: ColumnMapping) -> ParsedFile:
    findings = Findings()
    originals = _originals(table)
    _even_out(table, findings)
    lots = one_level_of_detail(table)
    if not table.rows and not table.cash and not findings.errors_total:
        raise FileRefused(422, "no_rows", "The file has a header but no rows below it.")
    reported = table.texts("as_of")
    draft = draft_of(table, source.delimiter, mapping, findings)
    positions, cash = holdings_of(draft, table, mapping, findings)
    cash += told_cash(table.cash, findings)
    return ParsedFile(
        format=table.format,
        encoding=source.encoding,
        delimiter=source.delimiter,
        sheet=source.sheet,
        header_row=table.header_row,
        header=table.header,
        columns={name: table.header[place] for name, place in table.columns.items()},
        as_of=table.as_of or (the_date(reported) if reported else None),
        positions=positions,
        cash=cash,
        errors=findings.sorted_errors(),
        errors_total=findings.errors_total,
        rows_with_errors=len(findings.sentences),
        warnings=findings.warnings,
        warnings_total=findings.warnings_total,
        rows_total=len(originals) - lots + len(table.cash),
        rows_skipped=len(table.skipped),
        skipped=table.skipped[:LISTED_AT_MOST],
        failed_rows=_failed(originals, findings),
    )


def _originals(table: Table) -> dict[int, list[str]]:
    return dict(zip(table.lines, table.rows, strict=True))


def _failed(originals: dict[int, list[str]], findings: Findings) -> list[FailedRow]:
    return [
        FailedRow(row=row, cells=_as_in_the_file(originals.get(row, [])), error="; ".join(sentences))
        for row, sentences in sorted(findings.sentences.items())
    ]


def _as_in_the_file(cells: list[str]) -> list[str]:
    return ["" if cell == UNCALCULATED else cell for cell in cells]


def _even_out(table: Table, findings: Findings) -> None:
    """Make all rows as wide as the header; a row with more filled cells than headers cannot be trusted."""
    width = len(table.header)
    if all(len(row) == width for row in table.rows):
        return
    kept = [place for place, row in enumerate(table.rows) if not any(map(str.strip, row[width:]))]
    if len(kept) < len(table.rows):
        _tell_overlong(table, set(kept), findings)
        table.lines = [table.lines[place] for place in kept]
        table.accounts = [table.accounts[place] for place in kept]
    table.rows = [(table.rows[place] + [""] * (width - len(table.rows[place])))[:width] for place in kept]


def _tell_overlong(table: Table, kept: set[int], findings: Findings) -> None:
    for place, row in enumerate(table.rows):
        if place not in kept:
            sentence = f"The row has {len(row)} cells, the header {len(table.header)}"
            advice = "A value that holds the delimiter must stand in quotation marks."
            findings.error(table.lines[place], None, None, Flaw("too_many_values", sentence, advice))
