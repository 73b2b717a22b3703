"""How long the money of a rate is lent: `overnight`, `3m`, `10y`."""

import re

_TENOR = re.compile(r"(\d+)\s*([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_OVERNIGHT = frozenset({"overnight", "on", "o/n", "spot", "1d"})
UNKNOWN_DAYS = 10**6


def tenor_days(tenor: str) -> int:
    """Return about how many days a tenor has, for ordering; an unknown word comes after all others."""
    text = tenor.strip().casefold()
    if text in _OVERNIGHT:
        return 1
    found = _TENOR.match(text)
    return int(found[1]) * _DAYS[found[2]] if found else UNKNOWN_DAYS


def preference(currency: str, tenor: str) -> int:
    """Order in which tenors serve as the risk-free rate: the shortest first, for rupees the ten-year yield."""
    days = tenor_days(tenor)
    return 0 if currency == "INR" and days == tenor_days("10y") else days
