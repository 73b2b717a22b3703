"""The columns of a table with their words understood and their numbers read, before they become holdings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar, cast

from application.positions.file import ColumnMapping
from infrastructure.imports import words
from infrastructure.imports.findings import Findings, Flaw
from infrastructure.imports.headers import currency_in_header
from infrastructure.imports.marks import NUMERIC, decide_marks
from infrastructure.imports.numbers import BLANKS, Mark, read_numbers
from infrastructure.imports.tables import Table
from infrastructure.imports.vocabulary import currency_code

T = TypeVar("T")

Figures = list[Decimal | None]
Codes = list[str | None]
IDENTIFIERS = ("isin", "cusip", "sedol", "figi")


@dataclass(slots=True, kw_only=True)
class Draft:
    """Columns of equal length; `bad` holds the places that have an error, `flaws` all flaws by column."""

    lines: list[int]
    accounts: list[str]
    tickers: list[str]
    names: list[str]
    classes: list[str]
    currencies: Codes
    factors: list[Decimal] | None
    sectors: Codes
    geographies: Codes
    exchanges: Codes
    ids: dict[str, Codes]
    figures: dict[str, Figures]
    value_currency: str | None = None
    flaws: dict[str, dict[int, Flaw]] = field(default_factory=dict)
    notes: list[tuple[int, str, str]] = field(default_factory=list)
    bad: set[int] = field(default_factory=set)

    def figure(self, name: str) -> Figures:
        """Return a column of numbers, all None when the file has none."""
        return self.figures.get(name) or [None] * len(self.lines)


class _Reader:
    """Reads the columns of one table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.count = len(table.rows)
        self.flaws: dict[str, dict[int, Flaw]] = {}
        self.notes: list[tuple[int, str, str]] = []
        self.units: dict[int, str] = {}

    def words(self, name: str, understand: Callable[[str], T | words.Noted[T] | Flaw], blank: T) -> list[T]:
        texts = self.table.texts(name)
        if texts is None:
            return [blank] * self.count
        read = words.read_words(texts, understand, blank)
        if read.flaws:
            self.flaws[name] = read.flaws
        self.notes += ((place, name, note) for place, note in read.notes.items())
        return read.values

    def numbers(self, marks: dict[str, Mark | None]) -> dict[str, Figures]:
        figures: dict[str, Figures] = {}
        for name in NUMERIC:
            texts = self.table.texts(name)
            if texts is None:
                continue
            read = read_numbers(texts, marks[name])
            figures[name] = read.values
            if read.flaws:
                self.flaws[name] = read.flaws
            if name in ("current_price", "market_value"):
                self.units |= read.units
        return figures

    def currencies(self) -> tuple[Codes, list[Decimal] | None]:
        if "currency" in self.table.columns:
            read = self.words("currency", words.currency, words.NO_CURRENCY)
            if any(code for code, _ in read):
                minor = any(factor != 1 for _, factor in read)
                return [code for code, _ in read], [factor for _, factor in read] if minor else None
        return self._currencies_in_figures()

    def _currencies_in_figures(self) -> tuple[Codes, list[Decimal] | None]:
        header = (
            self._header("current_price") or self._header("market_value") or self._header("avg_cost_price")
        )
        codes: Codes = [currency_in_header(header)] * self.count
        factors: list[Decimal] = [Decimal(1)] * self.count
        for place, unit in self.units.items():
            if known := currency_code(unit):
                codes[place], factors[place] = known
        return codes, factors if any(factor != 1 for factor in factors) else None

    def _header(self, name: str) -> str:
        place = self.table.columns.get(name)
        return "" if place is None else self.table.header[place]


def draft_of(table: Table, delimiter: str | None, mapping: ColumnMapping, findings: Findings) -> Draft:
    """Understand every column of a table; nothing is judged or left out yet."""
    _part_currency_from_value(table)
    _drop_account_kinds(table)
    reader = _Reader(table)
    figures = reader.numbers(decide_marks(table, delimiter, mapping, findings))
    currencies, factors = reader.currencies()
    accounts = reader.words("account", words.name, "") if "account" in table.columns else table.accounts
    ids = {
        kind: reader.words(kind, words.identifier_reader(kind), cast(str | None, None))
        for kind in IDENTIFIERS
    }
    draft = Draft(
        lines=table.lines,
        accounts=accounts,
        tickers=reader.words("ticker", words.ticker, ""),
        names=reader.words("security_name", words.name, ""),
        classes=reader.words("asset_class", words.asset_class, ""),
        currencies=currencies,
        factors=factors,
        sectors=reader.words("sector", words.sector, cast(str | None, None)),
        geographies=reader.words("geography", words.geography, cast(str | None, None)),
        exchanges=reader.words("exchange", words.exchange, cast(str | None, None)),
        ids=ids,
        figures=figures,
        flaws=reader.flaws,
        notes=reader.notes,
    )
    _use_base_value(draft, table)
    _sort_identifiers(draft, table)
    return draft


def _part_currency_from_value(table: Table) -> None:
    """Some files write the currency under the value's header, the amount in a nameless column beside."""
    place = table.columns.get("market_value")
    if (
        place is None
        or "currency" in table.columns
        or place + 1 >= len(table.header)
        or table.header[place + 1]
    ):
        return
    texts = [text for text in table.texts("market_value") or () if text.strip().casefold() not in BLANKS]
    if texts and all(currency_code(text) for text in set(texts)):
        table.columns |= {"currency": place, "market_value": place + 1}


def _drop_account_kinds(table: Table) -> None:
    """A `Type` column of Cash and Margin tells the kind of account, not the class of the security."""
    kinds = {text.strip().casefold() for text in table.texts("asset_class") or ()}
    header = table.header[table.columns["asset_class"]] if kinds else ""
    if header.strip().casefold() in ("type", "tipo", "class") and kinds <= {
        "cash",
        "margin",
        "short",
        "loan",
        "",
    }:
        del table.columns["asset_class"]


def _use_base_value(draft: Draft, table: Table) -> None:
    if "market_value" not in draft.figures and "base_value" in draft.figures:
        draft.figures["market_value"] = draft.figures["base_value"]
        draft.value_currency = currency_in_header(table.header[table.columns["base_value"]])


def _sort_identifiers(draft: Draft, table: Table) -> None:
    """Put identifiers that stand in a mixed column or in place of a ticker where they belong."""
    for place, text in enumerate(table.texts("identifier") or ()):
        word = words.tidy(text).upper()
        kind = words.kind_of_identifier(word)
        if kind and not draft.ids[kind][place]:
            draft.ids[kind][place] = word
        elif word and not kind and not draft.tickers[place]:
            draft.tickers[place] = word
    for place, word in enumerate(draft.tickers):
        if len(word) in (9, 12) and (kind := words.kind_of_identifier(word)):
            draft.tickers[place] = ""
            draft.ids[kind][place] = draft.ids[kind][place] or word
