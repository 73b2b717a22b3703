"""A file of daily prices as arrays: what is valid in it, and which instruments it names."""

from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from infrastructure.imports import words
from infrastructure.imports.findings import Flaw
from infrastructure.marketdata.importing.cells import (
    DayNumbers,
    Floats,
    Words,
    days_of,
    mark_of_all,
    no_words,
    numbers_of,
    words_of,
)
from infrastructure.marketdata.importing.content import Content
from infrastructure.marketdata.importing.findings import Findings, Shown, cells

FIELDS: Final = ("open", "high", "low", "close", "adjusted_close", "volume")
LARGEST_PRICE: Final = 1e12
SMALLEST_PRICE: Final = 1e-12
LARGEST_VOLUME: Final = 1e18
"""Beyond these a product or ratio of two figures might be no number any more."""
DECIMALS_MAX: Final = 10
"""Of prices in hundredths once they are divided: 66.3 / 100 is 0.6629999999999999 otherwise."""
PRICES: Final = ("open", "high", "low", "close", "adjusted_close")


class Key(NamedTuple):
    """What a row calls its instrument; `exchange` is a MIC, `currency` an ISO 4217 code."""

    ticker: str
    exchange: str | None
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Valid bars, one per place; NaN where the file says nothing.

    keys : the instruments named; `key_of` has the index of each place's one. days : days since 1970-01-01.
    fields : the columns that the file has, by name. rows : row of the file of each place.
    """

    keys: list[Key]
    key_of: NDArray[np.int64]
    days: DayNumbers
    fields: dict[str, Floats]
    rows: NDArray[np.int64]


def understood_ticker(text: str) -> str | Flaw:
    """Return a ticker as it is kept; a blank one is an error."""
    word = words.ticker(text)
    return word if word else Flaw("missing", "ticker is missing")


def read_prices(content: Content, findings: Findings, today: date) -> Prices:
    """Return the valid rows of a file of prices; what is wrong with the others goes to `findings`."""
    days = days_of(content.columns["date"], "date", findings, today)
    named = Instruments.of(content, findings)
    columns = {name: content.columns[name] for name in FIELDS if name in content.columns}
    mark = mark_of_all(columns.values())
    fields: dict[str, Floats] = {
        name: numbers_of(column, name, findings, mark) for name, column in columns.items()
    }
    _in_major_units(fields, named, findings)
    _check_prices(content, fields, findings)
    _check_range(fields, findings)
    # Where every row is valid, nothing is copied.
    valid = np.flatnonzero(~findings.bad) if findings.bad.any() else slice(None)
    keys, key_of = named.keys(valid)
    return Prices(
        keys=keys,
        key_of=key_of,
        days=days[valid],
        fields={name: values[valid] for name, values in fields.items()},
        rows=content.rows[valid],
    )


@dataclass(frozen=True, slots=True)
class Instruments:
    """The columns that say which instrument a row is about."""

    tickers: Words[str]
    exchanges: Words[str | None]
    currencies: Words[words.Currency]

    @classmethod
    def of(cls, content: Content, findings: Findings) -> "Instruments":
        """Read the columns of a file."""
        columns, count = content.columns, len(content.rows)
        return cls(
            words_of(columns["ticker"], "ticker", findings, understood_ticker, ""),
            words_of(columns["exchange"], "exchange", findings, words.exchange, None)
            if "exchange" in columns
            else no_words(count, None),
            words_of(columns["currency"], "currency", findings, words.currency, words.NO_CURRENCY)
            if "currency" in columns
            else no_words(count, words.NO_CURRENCY),
        )

    def keys(self, places: NDArray[np.int64] | slice) -> tuple[list[Key], NDArray[np.int64]]:
        """Return the distinct instruments at some places, and the index of each place's one."""
        width, depth = len(self.exchanges.values), len(self.currencies.values)
        codes = (self.tickers.codes[places].astype(np.int64) * width + self.exchanges.codes[places]) * depth
        codes += self.currencies.codes[places]
        distinct, index = np.unique(codes, return_inverse=True)
        keys = [
            Key(
                self.tickers.values[code // depth // width],
                self.exchanges.values[code // depth % width],
                self.currencies.values[code % depth][0],
            )
            for code in distinct.tolist()
        ]
        return keys, index

    @property
    def units(self) -> Floats:
        """How many of the file's units make one of the currency: 100 for pence."""
        units = np.array([float(1 / factor) for _, factor in self.currencies.values])
        return np.asarray(units[self.currencies.codes])


def _in_major_units(fields: dict[str, Floats], named: Instruments, findings: Findings) -> None:
    units = named.units
    minor = units != 1
    if not minor.any():
        return
    for name in PRICES:
        if name in fields:
            major = np.round(fields[name] / units, DECIMALS_MAX)
            fields[name] = np.where(minor, major, fields[name])
    first = int(findings.rows[np.argmax(minor)])
    findings.warn(
        first, "currency", "minor_unit", "Prices in hundredths, such as pence, were divided by 100."
    )


def _check_prices(content: Content, fields: dict[str, Floats], findings: Findings) -> None:
    for name, values in fields.items():
        shown = cells(content.columns[name])
        findings.error(np.isinf(values), name, Flaw("not_finite", f"{name} is not finite"), shown)
        _check_size(name, values, shown, findings)
        if name == "volume":
            findings.error(values < 0, name, Flaw("negative_volume", "volume is negative"), shown)
        elif name in ("close", "adjusted_close"):
            findings.error(values <= 0, name, Flaw("not_positive", f"{name} is not positive"), shown)
        else:
            findings.error(values < 0, name, Flaw("not_positive", f"{name} is negative"), shown)
            _forget_zeros(values, name, fields, findings)
    missing = np.isnan(fields["close"]) & findings.fits("close")
    findings.error(missing, "close", Flaw("missing", "close is missing"))


def _check_size(name: str, values: Floats, shown: Shown, findings: Findings) -> None:
    largest = LARGEST_VOLUME if name == "volume" else LARGEST_PRICE
    beyond = np.isfinite(values) & (values > largest)
    if name != "volume":
        beyond |= (values > 0) & (values < SMALLEST_PRICE)
    findings.error(beyond, name, Flaw("out_of_range", f"{name} is out of range"), shown)


def _forget_zeros(values: Floats, name: str, fields: dict[str, Floats], findings: Findings) -> None:
    """Take a price of 0 for none: that is how some sources write what they do not know."""
    zeros = values == 0
    if zeros.any():
        fields[name] = np.where(zeros, np.nan, values)
        findings.doubt(zeros, name, "zero_price", f"{name} is 0 and was taken for unknown.")


def _check_range(fields: dict[str, Floats], findings: Findings) -> None:
    high, low, close = fields.get("high"), fields.get("low"), fields["close"]
    if high is not None and low is not None:
        findings.error(high < low, "high", Flaw("high_below_low", "high is below low"))
    outside = np.zeros(len(close), dtype=np.bool_)
    outside |= close > high if high is not None else False
    outside |= close < low if low is not None else False
    findings.doubt(outside, "close", "close_outside_range", "close lies outside low and high.")
