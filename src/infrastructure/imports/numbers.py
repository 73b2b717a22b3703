"""Numbers as brokers write them, exact: `1,234.50`, `1.234,50-`, `($126.93)`, `CHF 1'234.50`.

Which of `.` and `,` is the decimal mark is decided for a whole column, never for a cell: `1,234` alone may be
1234 or 1.234, and the difference is a factor of a thousand.
"""

import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

from infrastructure.imports.findings import Flaw, uncalculated
from infrastructure.imports.source import UNCALCULATED

Mark = Literal[".", ","]

_BLANK_WORDS = (
    "-|--|---|—|–|n/a|na|n.a.|n/v|none|null|nil|incomplete|unavailable|see note|not available|unknown|k.a.|"
    "missing|pending|not applicable"
)
BLANKS = frozenset(("", *_BLANK_WORDS.split("|")))
_EXCEL_ERRORS = frozenset(("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!"))
_LARGEST_EXPONENT, _MOST_DIGITS = 18, 40
_LONGEST = 100  # longer cells are no numbers, and would make the pattern below crawl

_PLAIN = re.compile(r"(?:(?:-?[0-9]{1,15}(?:\.[0-9]{1,15})?)?\n)*")
_PLAIN_CLEAR = re.compile(r"\.(?:[0-9]{1,2}|[0-9]{4,})\n|[0-9]{4}\.|(?<![0-9])0\.")

# Dollars as American brokers write them, so common that whole columns are read at once.
_GROUPS = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})(?:\.[0-9]{1,15})?"
_DOLLARS = re.compile(rf"(?:(?:(?:-?\$?|\$-){_GROUPS} ?|\(\$?{_GROUPS}\) ?|--|N/A)?\n)*")
_DOLLARS_CLEAR = re.compile(r"\.(?:[0-9]{1,2}(?![0-9])|[0-9]{4})|[0-9]{4}\.|(?<![0-9])0\.|,[0-9]{3}[.,]")
_UNDRESS = str.maketrans({"$": None, ",": None, ")": None, " ": None, "(": "-"})

_TIDY = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u2007": " ",
        "’": "'",
        "`": "'",
        "´": "'",
    }
)
_SYMBOL = r"(?:[A-Za-z]{1,3}\$|[$€£¥₹₩₽₺₿]|[A-Za-z]{3})"
_UNITS = r"(?:St\.?|Stk\.?|Stück|shares?|units?|pcs\.?)"
_SHAPE = re.compile(
    rf"([+-]?)\s*({_SYMBOL}?)\s*([+-]?)\s*"
    r"((?:[0-9][0-9.,' ]*|[.,][0-9]+))"
    rf"([eE][+-]?[0-9]{{1,4}})?\s*(?:({_SYMBOL})|{_UNITS})?\s*([+-]?)",
)
_BROKEN_GROUP = re.compile(r"[0-9][ '](?![0-9]{3}(?![0-9]))")
_GROUPED = {
    ".": re.compile(r"[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}"),
    ",": re.compile(r"[0-9]{1,3}(?:\.[0-9]{2,3})*\.[0-9]{3}"),
}


class Figure(NamedTuple):
    """A number's parts before its decimal mark is known."""

    negative: bool
    mantissa: str
    exponent: str
    unit: str
    spaced: bool


class Numbers(NamedTuple):
    """A column of numbers: None where the cell is blank or flawed, with the currency written in the cell."""

    values: list[Decimal | None]
    flaws: dict[int, Flaw]
    units: dict[int, str]


class Evidence(NamedTuple):
    """How many distinct values demand which decimal mark, and how many would allow both."""

    dots: int
    commas: int
    unclear: int

    @property
    def mark(self) -> Mark | None:
        """The mark that most clear values demand, None without any or with as many against it."""
        if self.dots == self.commas:
            return None
        return "." if self.dots > self.commas else ","


def figure(text: str) -> Figure | Flaw | None:
    """Take a cell apart; None for a blank, a Flaw for what is no number."""
    if len(text) > _LONGEST:
        return _no_number(text)
    tidy = text.translate(_TIDY).strip()
    if tidy.casefold() in BLANKS:
        return None
    if tidy.startswith(('="', "='")):
        tidy = tidy[2:-1].strip()
    bracketed = tidy.endswith(")") and tidy.count("(") == 1 and tidy.count(")") == 1
    shape = _SHAPE.fullmatch(tidy.replace("(", "").replace(")", "").strip() if bracketed else tidy)
    if shape is None or _BROKEN_GROUP.search(shape[4].rstrip(" ")):
        return _no_number(text)
    minuses = int(bracketed) + sum(shape[part] == "-" for part in (1, 3, 7))
    if minuses > 1:
        return _no_number(text)
    mantissa = shape[4].replace(" ", "").replace("'", "")
    spaced = len(mantissa) < len(shape[4].rstrip(" "))
    return Figure(minuses == 1, mantissa, shape[5] or "", shape[2] or shape[6] or "", spaced)


def _no_number(text: str) -> Flaw:
    if text == UNCALCULATED:
        return uncalculated()
    shown = text.strip()[:60]
    if shown.upper() in _EXCEL_ERRORS:
        return Flaw("formula_error", f"Formula error {shown}", "Correct the formula or clear the cell.")
    return Flaw("invalid_number", f"'{shown}' is not a number")


def demanded_mark(parts: Figure) -> Mark | Literal["?", ""]:
    """Say which decimal mark a number demands: `?` when both would do, empty when it has none."""
    mantissa = parts.mantissa
    dot, comma = mantissa.rfind("."), mantissa.rfind(",")
    if dot < 0 and comma < 0:
        return ""
    if dot >= 0 and comma >= 0:
        return "." if dot > comma else ","
    own: Mark = "." if dot >= 0 else ","
    other: Mark = "," if dot >= 0 else "."
    if mantissa.count(own) > 1:
        return other
    whole, _, fraction = mantissa.partition(own)
    clear = len(fraction) != 3 or len(whole) > 3 or whole in ("", "0", "00", "000") or parts.spaced
    return own if clear or parts.exponent else "?"


def evidence(texts: list[str]) -> Evidence:
    """Weigh a column: how often it demands a decimal dot or comma."""
    joined = "\n".join(texts) + "\n"
    if _PLAIN.fullmatch(joined):
        if "." not in joined:
            return Evidence(0, 0, 0)
        return Evidence(1, 0, 0) if _PLAIN_CLEAR.search(joined) else Evidence(0, 0, 1)
    if _DOLLARS.fullmatch(joined) and _DOLLARS_CLEAR.search(joined):
        return Evidence(1, 0, 0)
    return weigh(figure(text) for text in set(texts))


def weigh(figures: Iterable[Figure | Flaw | None]) -> Evidence:
    """Count what numbers already taken apart demand."""
    votes = Counter(demanded_mark(parts) for parts in figures if isinstance(parts, Figure))
    return Evidence(votes["."], votes[","], votes["?"])


def decimal_of(parts: Figure, mark: Mark | None) -> Decimal | Flaw | None:
    """Return the exact value under a decimal mark; without one, only unmarked numbers can be read."""
    mantissa = parts.mantissa
    if mark is None:
        if demanded_mark(parts):
            return _ambiguous(parts)
        mark = "."
    group = "," if mark == "." else "."
    whole, _, fraction = mantissa.partition(mark)
    if group in whole:
        if not _GROUPED[mark].fullmatch(whole):
            return None
        whole = whole.replace(group, "")
    if not (fraction.isdigit() or not fraction) or len(whole) + len(fraction) > _MOST_DIGITS:
        return None
    return _bounded(
        f"{'-' if parts.negative else ''}{whole or '0'}.{fraction or '0'}{parts.exponent}", fraction
    )


def _bounded(text: str, fraction: str) -> Decimal | Flaw:
    value = Decimal(text if fraction else text.replace(".0", "", 1))
    if value and not -_LARGEST_EXPONENT <= value.adjusted() < _LARGEST_EXPONENT:
        return Flaw(
            "number_out_of_range", f"{text} is out of range", "Numbers lie below 10^18 and above 10^-18."
        )
    return Decimal(format(value, "f")) if value else Decimal(0)


def _ambiguous(parts: Figure) -> Flaw:
    shown = parts.mantissa
    mark = "," if "," in shown else "."
    return Flaw(
        "ambiguous_number",
        f"'{shown}' may be {shown.replace(mark, '')} or {shown.replace(mark, '.')}",
        'Nothing in the file says which. Send mapping={"decimal_mark": "."} or {"decimal_mark": ","}.',
    )


def read_numbers(texts: list[str], mark: Mark | None) -> Numbers:
    """Read a column of numbers with the decimal mark decided for it."""
    joined = "\n".join(texts) + "\n"
    if _PLAIN.fullmatch(joined) and (mark == "." or "." not in joined):
        return Numbers([Decimal(text) if text else None for text in texts], {}, {})
    if mark == "." and _DOLLARS.fullmatch(joined):
        bare = joined.replace("--", "").replace("N/A", "").translate(_UNDRESS).split("\n")
        return Numbers([Decimal(text) if text else None for text in bare[:-1]], {}, {})
    known = {text: _read(text, mark) for text in set(texts)}
    values: list[Decimal | None] = []
    flaws: dict[int, Flaw] = {}
    units: dict[int, str] = {}
    for place, text in enumerate(texts):
        value, unit = known[text]
        if isinstance(value, Flaw):
            flaws[place] = value
            value = None
        elif unit:
            units[place] = unit
        values.append(value)
    return Numbers(values, flaws, units)


def _read(text: str, mark: Mark | None) -> tuple[Decimal | Flaw | None, str]:
    parts = figure(text)
    if parts is None or isinstance(parts, Flaw):
        return parts, ""
    value = decimal_of(parts, mark)
    if value is None:
        return _misfit(text, mark), ""
    return value, parts.unit


def _misfit(text: str, mark: Mark | None) -> Flaw:
    return Flaw(
        "invalid_number",
        f"'{text.strip()[:60]}' is not a number",
        f"The decimal mark of this column is '{mark}'." if mark else "",
    )
