"""Columns of words: tickers, names, classes, sectors, countries, currencies, exchanges and identifiers.

Each distinct word is understood once per column, which is what makes large files fast.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

from domain.identifiers import is_cusip, is_figi, is_isin, is_sedol
from domain.sectors import sector_slug, spelling_key
from infrastructure.imports.findings import Flaw, uncalculated
from infrastructure.imports.source import UNCALCULATED
from infrastructure.imports.vocabulary import (
    ASSET_CLASS_OF,
    country_code,
    currency_code,
    market_code,
)

_BLANK_WORDS = frozenset(("-", "--", "---", "—", "–", "n/a", "#n/a", "n.a.", "none", "null", "not available"))
_SUSPECT = frozenset("='#nN-—–")  # the first characters of what needs a closer look
_EXCEL_TEXT = re.compile(r"""=\s*"(.*)"|=\s*'(.*)'""")
_FOOTNOTES = "*†‡ "
_DATE_LIKE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}-[A-Z]{3}")
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
_LONGEST_TICKER, _LONGEST_NAME = 64, 500


T = TypeVar("T")


class Words(NamedTuple, Generic[T]):
    """A column of understood words; `flaws` and `notes` are by place in the column."""

    values: list[T]
    flaws: dict[int, Flaw]
    notes: dict[int, str]


class Noted(NamedTuple, Generic[T]):
    """A value that was understood by changing it, and what a reader should know of that."""

    value: T
    note: str


def read_words(texts: list[str], understand: Callable[[str], T | Noted[T] | Flaw], blank: T) -> Words[T]:
    """Understand each distinct word of a column once; flawed places get `blank`."""
    values: dict[str, T] = {}
    odd: dict[str, Noted[T] | Flaw] = {}
    for text in set(texts):
        one = understand(text)
        if isinstance(one, Flaw | Noted):
            odd[text] = one
            values[text] = one.value if isinstance(one, Noted) else blank
        else:
            values[text] = one
    found = list(map(values.__getitem__, texts))
    if not odd:
        return Words(found, {}, {})
    places = [(place, odd[text]) for place, text in enumerate(texts) if text in odd]
    flaws = {place: one for place, one in places if isinstance(one, Flaw)}
    notes = {place: one.note for place, one in places if isinstance(one, Noted)}
    return Words(found, flaws, notes)


def tidy(text: str) -> str:
    """Trim a word, unwrap `="0123"`, and turn what a broker writes for nothing into nothing."""
    text = text.strip()
    if text[:1] not in _SUSPECT and text.isprintable():
        return text
    if not text.isprintable():
        text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if text[:1] in ("=", "'"):
        wrapped = _EXCEL_TEXT.fullmatch(text)
        text = (wrapped[1] or wrapped[2] or "") if wrapped else text
        text = text[1:] if text[:1] == "'" and text[1:].isalnum() else text
    return "" if text.casefold() in _BLANK_WORDS else text


def ticker(text: str) -> str | Flaw:
    """Return a ticker in upper case without footnote marks; suffixes such as `.L` stay."""
    if text == UNCALCULATED:
        return uncalculated()
    word = tidy(text).upper()
    if "*" in word or not word.isascii():
        word = word.strip(_FOOTNOTES)
    if len(word) > _LONGEST_TICKER:
        return Flaw("invalid_ticker", f"Ticker '{word[:40]}…' is longer than {_LONGEST_TICKER} characters")
    if len(word) > 4 and _DATE_LIKE.fullmatch(word):
        return Flaw(
            "ticker_destroyed",
            f"Ticker '{word}' is a date",
            "The spreadsheet turned the ticker into a date; format the column as text and enter it again.",
        )
    return word


def name(text: str) -> str | Flaw:
    """Return the name of a security."""
    return uncalculated() if text == UNCALCULATED else tidy(text)[:_LONGEST_NAME]


def asset_class(text: str) -> str | Flaw:
    """Return the asset class a word stands for, empty for a blank."""
    word = tidy(text)
    known = ASSET_CLASS_OF.get(spelling_key(word)) if word else ""
    if known is None:
        advice = (
            "Known are equity, fixed_income, cash, alternatives, derivatives, real_estate, commodity, crypto."
        )
        return Flaw("unknown_asset_class", f"Unknown asset_class '{word[:80]}'", advice)
    return known


def sector(text: str) -> str | None:
    """Return the slug of a sector."""
    word = tidy(text)
    return sector_slug(word) if word else None


def geography(text: str) -> str | Noted[str | None] | None:
    """Return a country's ISO 3166-1 alpha-2 code; a word that is no country is left out with a note."""
    word = tidy(text)
    code = country_code(word) if word else None
    return Noted(None, f"'{word[:80]}' is no country and was left out.") if word and code is None else code


def exchange(text: str) -> str | Noted[str | None] | None:
    """Return the ISO 10383 code of an exchange; an unknown name is left out with a note."""
    word = tidy(text)
    code = market_code(word) if word else None
    return (
        Noted(None, f"Exchange '{word[:80]}' is not known and was left out.") if word and not code else code
    )


Currency = tuple[str | None, Decimal]
NO_CURRENCY: Currency = (None, Decimal(1))


def currency(text: str) -> Currency | Flaw:
    """Return the ISO 4217 code and the factor from the file's unit to it (GBX: GBP, 0.01)."""
    word = tidy(text)
    if not word:
        return NO_CURRENCY
    known = currency_code(word)
    if known is None:
        return Flaw(
            "unknown_currency", f"Unknown currency '{word[:40]}'", "Use an ISO 4217 code such as USD."
        )
    return known


def identifier_reader(kind: str) -> Callable[[str], str | Noted[str | None] | Flaw | None]:
    """Return the reader of a column of ISINs, CUSIPs, SEDOLs or FIGIs."""
    return _READERS[kind]


def _isin(text: str) -> str | Flaw | None:
    return _checked("isin", "ISIN", text.replace("-", ""), is_isin)


def _figi(text: str) -> str | Flaw | None:
    return _checked("figi", "FIGI", text, is_figi)


def _cusip(text: str) -> str | Noted[str | None] | Flaw | None:
    return _unpadded("cusip", "CUSIP", text, is_cusip, 9)


def _sedol(text: str) -> str | Noted[str | None] | Flaw | None:
    return _unpadded("sedol", "SEDOL", text, is_sedol, 7)


_READERS: dict[str, Callable[[str], str | Noted[str | None] | Flaw | None]] = {
    "isin": _isin,
    "cusip": _cusip,
    "sedol": _sedol,
    "figi": _figi,
}


def _checked(code: str, title: str, text: str, holds: Callable[[str], bool]) -> str | Flaw | None:
    if holds(text):
        return text
    word = tidy(text).upper().replace(" ", "")
    if not word or holds(word):
        return word or None
    if text == UNCALCULATED:
        return uncalculated()
    if _SCIENTIFIC.fullmatch(word):
        return _destroyed(title, word)
    return Flaw(f"invalid_{code}", f"{title} '{word[:40]}' is not valid", "Its check digit or form is wrong.")


def _unpadded(
    code: str, title: str, text: str, holds: Callable[[str], bool], length: int
) -> str | Noted[str | None] | Flaw | None:
    """Check an identifier that spreadsheets take for a number, and give its leading zeros back."""
    checked = _checked(code, title, text, holds)
    if not isinstance(checked, Flaw) or checked.code != f"invalid_{code}":
        return checked
    word = tidy(text).removesuffix(".0")
    if word.isdigit() and length - 3 <= len(word) < length and holds(word.zfill(length)):
        padded = word.zfill(length)
        return Noted(padded, f"{title} {word} had lost its leading zero; read as {padded}.")
    return checked


def _destroyed(title: str, word: str) -> Flaw:
    return Flaw(
        "identifier_destroyed",
        f"{title} '{word}' was destroyed by a spreadsheet",
        f"The program turned the {title} into a number in scientific notation and dropped digits; "
        "format the column as text and enter it again.",
    )


_CHECKS = (("isin", is_isin), ("figi", is_figi), ("cusip", is_cusip), ("sedol", is_sedol))


def kind_of_identifier(word: str) -> str | None:
    """Return which identifier a word is by its check digit, None for a ticker or name."""
    if len(word) not in (7, 9, 12):
        return None
    return next((kind for kind, holds in _CHECKS if holds(word)), None)
