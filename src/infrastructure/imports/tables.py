"""Finding the table in a file: its header, its rows, and what around them is heading, total or footer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from application.positions.file import COLUMNS, ColumnMapping, FileRefused, SkippedRow
from infrastructure.imports.aliases import header_key
from infrastructure.imports.dates import dates_in
from infrastructure.imports.headers import heads_positions, heads_transactions, recognise, require_mapped
from infrastructure.imports.source import PREAMBLE_LINES, Source

_NUMERIC_STARTS = frozenset("0123456789-+(.$€£")
_TOTAL = re.compile(
    r"\W*(?:(?:account|positions?|portfolio|grand|sub|overall|net|cash|equity|all)[\s-]*)*totals?\b\W*[A-Z]{0,3}\W*"
    r"|\W*totals?\s+(?:for|of|value|portfolio|account|assets|market|in|par|de|wert)\b.*"
    r"|\W*(?:summe|gesamt|gesamtsumme|gesamtwert|insgesamt|zwischensumme|totaal|subtotaal|suma|"
    r"sous-total|total g[ée]n[ée]ral)\b.{0,30}",
    re.IGNORECASE,
)
_SUM = re.compile(r"\W*(?:sub-?)?totals?\b", re.IGNORECASE)
_TOTAL_WORDS = ("total", "summe", "gesamt", "totaal", "suma")
_ACCOUNT_HEADING = re.compile(
    r"(?:positions|holdings|portfolio|bestand) (?:for|of) (?:account\s+)?(.+?)(?: as of .*)?", re.IGNORECASE
)
_ALL_ACCOUNTS = re.compile(r"all[- ]accounts", re.IGNORECASE)
_AS_OF = re.compile(
    r"as of|date downloaded|stand|stichtag|per|à la date|fecha|datum|peildatum", re.IGNORECASE
)
_PROSE = 40
_CODE_LENGTH = 3
_LONGEST_LABEL = 120  # totals and headings are short; patterns never see more


@dataclass(slots=True, kw_only=True)
class CashLine:
    """Cash told outside the table of positions, still as text."""

    line: int
    account: str
    currency: str
    amount: str
    label: str


@dataclass(slots=True, kw_only=True)
class Table:
    """The data rows of a file under one header; `accounts` come from headings above the blocks."""

    format: str = "generic"
    title: str = ""
    header: list[str]
    header_row: int
    columns: dict[str, int]
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    as_of: date | None = None
    numeric: frozenset[int] = field(default_factory=frozenset)
    cash: list[CashLine] = field(default_factory=list)

    def texts(self, name: str) -> list[str] | None:
        """Return the cells of a column, None when the file has no such column."""
        place = self.columns.get(name)
        return None if place is None else [row[place] for row in self.rows]

    def skip(self, line: int, reason: str, cells: Sequence[str]) -> None:
        """Note a line that holds no position."""
        text = " ".join(cell.strip() for cell in cells if cell.strip())
        self.skipped.append(SkippedRow(row=line, reason=reason, text=text[:200]))


def find_table(source: Source, mapping: ColumnMapping) -> Table:
    """Return the table of positions under the line with most known headers among the first 50.

    Raises
    ------
    FileRefused
        422 `no_table`, `transactions_not_positions`, `empty_file`, `no_rows`, or `bad_mapping`.
    """
    place, columns = _best_header(source, mapping)
    header = [cell.strip() for cell in source.rows[place]]
    require_mapped(columns, header, mapping)
    table = Table(header=header, header_row=source.lines[place], columns=columns, numeric=source.numeric)
    _Scan(table, source, mapping).run(place)
    return table


def _best_header(source: Source, mapping: ColumnMapping) -> tuple[int, dict[str, int]]:
    head = source.rows[:PREAMBLE_LINES]
    if not any(any(map(str.strip, row)) for row in head):
        raise FileRefused(422, "empty_file", "The file holds no text. Send a table with a header line.")
    found = [(place, recognise(row, mapping)) for place, row in enumerate(head)]
    heads = [(place, columns) for place, columns in found if heads_positions(columns)]
    heads = [(place, columns) for place, columns in heads if not heads_transactions(source.rows[place])]
    if heads:
        return max(heads, key=lambda head: len(head[1]))
    if any(heads_transactions(source.rows[place]) for place, columns in found if len(columns) > 1):
        raise FileRefused(
            422,
            "transactions_not_positions",
            "This is a list of transactions. Export the positions (holdings) of the account instead.",
        )
    raise _no_table(source, max(found, key=lambda one: (len(one[1]), len(source.rows[one[0]])))[0])


def _no_table(source: Source, place: int) -> FileRefused:
    seen = ", ".join(cell.strip()[:40] for cell in source.rows[place][:20] if cell.strip()) or "nothing"
    return FileRefused(
        422,
        "no_table",
        "No header line was found in the first 50 lines. Needed are a quantity and one of ticker, isin, "
        f"cusip, sedol, figi; known columns are {', '.join(COLUMNS)}. "
        f"The likeliest line, {source.lines[place]}, has: "
        f"{seen}. Rename the columns, or send a mapping of column names to the file's headers.",
    )


class _Scan:
    """One walk down the lines under a header."""

    def __init__(self, table: Table, source: Source, mapping: ColumnMapping) -> None:
        self.table, self.source, self.mapping = table, source, mapping
        self.account = ""
        self.heading = ""
        self.blanks: list[int] = []
        self.reading = True
        self.moved: dict[str, int] | None = None
        self.cash: dict[str, int] | None = None
        self.header_keys = [header_key(cell) for cell in table.header]

    def run(self, header_place: int) -> None:
        for line, row in zip(self.source.lines, self.source.rows[:header_place], strict=False):
            self._preamble(line, row)
        quantity = self.table.columns["quantity"]
        labels = self._totals_possible()
        rows, lines, accounts = self.table.rows, self.table.lines, self.table.accounts
        width = len(self.table.header)
        for place in range(header_place + 1, len(self.source.rows)):
            row = self.source.rows[place]
            plain = len(row) == width and row[quantity][:1] in _NUMERIC_STARTS and row[quantity] != "--"
            if (
                plain
                and self.reading
                and not self.moved
                and not self.blanks
                and not self.heading
                and not labels
            ):
                rows.append(row)
                lines.append(self.source.lines[place])
                accounts.append(self.account)
            else:
                self._consider(self.source.lines[place], row)

    def _totals_possible(self) -> bool:
        places = {self.table.columns.get(name, 0) for name in ("ticker", "security_name", "account")} | {0}
        labels = "\n".join(row[place] for row in self.source.rows for place in places if place < len(row))
        folded = labels.casefold()
        return any(word in folded for word in _TOTAL_WORDS)

    def _preamble(self, line: int, row: list[str]) -> None:
        filled = [cell.strip() for cell in row if cell.strip()]
        if not filled:
            return
        text = " ".join(filled)
        self.table.title = self.table.title or text
        if self.table.as_of is None and _AS_OF.search(text):
            self._date(text)
        if len(filled) == 1:
            self._name_account(filled[0], sure=False)

    def _date(self, text: str) -> None:
        readings = dates_in(text)
        if len(readings) == 1:
            self.table.as_of = readings[0]

    def _name_account(self, text: str, *, sure: bool) -> None:
        heading = _account_heading(text)
        if heading:
            self.account = "" if _ALL_ACCOUNTS.fullmatch(heading[1].strip()) else heading[1].strip()
        elif len(text) < 2 * _PROSE and (sure or self._follows_all_accounts()):
            self.account = text

    def _follows_all_accounts(self) -> bool:
        return _ALL_ACCOUNTS.search(" ".join(self.source.rows[0])) is not None

    def _consider(self, line: int, row: list[str]) -> None:
        filled = [cell.strip() for cell in row if cell.strip()]
        if not filled:
            self.blanks.append(line)
        elif self._is_header(row):
            self._start_block(line, row)
        elif self.cash:
            self._keep_cash(line, row, self.cash)
        elif not self.reading:
            self.table.skip(line, "other_table", row)
        elif len(filled) == 1 and not self._one_column(row):
            self._lone_text(line, row, filled[0])
        elif self._is_total(row):
            self.table.skip(line, "total", row)
        elif self._is_prose(row, filled):
            self.table.skip(line, "footer", row)
        else:
            self._keep(line, row)

    def _is_header(self, row: list[str]) -> bool:
        if [header_key(cell) for cell in row[: len(self.header_keys)]] == self.header_keys:
            return True
        quantity = self.table.columns["quantity"]
        if (
            quantity < len(row)
            and row[quantity].strip()[:1] in _NUMERIC_STARTS
            and row[quantity].strip() != "--"
        ):
            return False
        columns = recognise(row, self.mapping)
        known = heads_positions(columns) or heads_transactions(row) or "ending_cash" in columns
        return len(columns) >= 3 and known

    def _start_block(self, line: int, row: list[str]) -> None:
        if self.heading:
            self._name_account(self.heading, sure=True)
            self._retract_footer()
        columns = recognise(row, self.mapping)
        self.reading = heads_positions(columns) and not heads_transactions(row)
        self.cash = columns if not self.reading and {"ending_cash", "currency"} <= columns.keys() else None
        self.moved = columns if columns != self.table.columns else None
        self.blanks = []
        self.table.skip(line, "heading" if self.reading else "other_table", row)

    def _keep_cash(self, line: int, row: list[str], columns: dict[str, int]) -> None:
        """Keep a line of a cash report by currency; its sum in the base currency is no further money."""
        cells = {name: row[place].strip() for name, place in columns.items() if place < len(row)}
        currency = cells.get("currency", "")
        if len(currency) != _CODE_LENGTH:
            self.table.skip(line, "total", row)
            return
        amount, account = cells.get("ending_cash", ""), cells.get("account", self.account)
        cash = CashLine(
            line=line, account=account, currency=currency, amount=amount, label=f"Cash {currency}"
        )
        self.table.cash.append(cash)

    def _retract_footer(self) -> None:
        """What looked like a footer was the name of the next account."""
        last = self.table.skipped.pop()
        self.table.skip(last.row, "heading", [last.text])
        self.heading = ""

    def _one_column(self, row: list[str]) -> bool:
        """A lone value in the quantity column is data, elsewhere it is a heading or prose."""
        quantity = self.table.columns["quantity"]
        return quantity < len(row) and bool(row[quantity].strip())

    def _lone_text(self, line: int, row: list[str], text: str) -> None:
        if self.table.as_of is None and _AS_OF.search(text):
            self._date(text)
        self.heading = text
        if _account_heading(text):
            self._name_account(text, sure=False)
            self.heading = ""
        self.table.skip(line, "total" if _is_total_label(text) else "footer", row)

    def _is_total(self, row: list[str]) -> bool:
        """Tell a sum from a security: TOTAL is also a name, and a fund may be called Total Bond."""
        if self._identified(row):
            return False
        ticker = self._cell(row, "ticker")
        first = next((cell.strip() for cell in row if cell.strip()), "")
        labels = [ticker] if ticker else [first, self._cell(row, "security_name")]
        counted = self._cell(row, "quantity") not in ("", "-", "--")
        return any(_is_total_label(label) or (not counted and _SUM.match(label)) for label in labels)

    def _cell(self, row: list[str], name: str) -> str:
        place = self.table.columns.get(name, len(row))
        return row[place].strip() if place < len(row) else ""

    def _identified(self, row: list[str]) -> bool:
        return bool(self._cell(row, "isin") or self._cell(row, "cusip"))

    def _is_prose(self, row: list[str], filled: list[str]) -> bool:
        """Unquoted sentences fall apart at their commas; they stand after a gap and hold no figure."""
        words = len(filled[0]) > _PROSE and filled[0].count(" ") >= 5
        return words and bool(self.blanks) and not any(cell[:1] in _NUMERIC_STARTS for cell in filled)

    def _keep(self, line: int, row: list[str]) -> None:
        for blank in self.blanks:
            self.table.skip(blank, "blank", [])
        self.blanks, self.heading = [], ""
        self.table.rows.append(self._placed(row))
        self.table.lines.append(line)
        self.table.accounts.append(self.account)

    def _placed(self, row: list[str]) -> list[str]:
        """Put a row of a later block with another header under the first header."""
        if self.moved is None:
            return row
        cells = [""] * len(self.table.header)
        for name, place in self.moved.items():
            if name in self.table.columns and place < len(row):
                cells[self.table.columns[name]] = row[place]
        return cells


def _is_total_label(text: str) -> bool:
    return len(text) <= _LONGEST_LABEL and _TOTAL.fullmatch(text) is not None


def _account_heading(text: str) -> re.Match[str] | None:
    return _ACCOUNT_HEADING.fullmatch(text) if len(text) <= _LONGEST_LABEL else None
