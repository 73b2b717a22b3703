"""Which header of a file means which column of which kind of market data; everything else is passed over."""

import re
from typing import Final, NamedTuple

from domain.market import Kind


class Columns(NamedTuple):
    """The columns of one kind: `needed` ones, and by each canonical name the headers that mean it."""

    needed: tuple[str, ...]
    words: dict[str, str]


_TICKER: Final = "ticker symbol code instrument stock ric"
_DATE: Final = "date day asof tradedate tradingdate pricedate timestamp datetime time"
_EXCHANGE: Final = "exchange mic market exchangecode primaryexchange"
_CURRENCY: Final = "currency ccy currencycode curr"

COLUMNS: Final[dict[Kind, Columns]] = {
    "prices": Columns(
        ("date", "ticker", "close"),
        {
            "date": _DATE,
            "ticker": _TICKER,
            "exchange": _EXCHANGE,
            "currency": _CURRENCY,
            "open": "open openingprice openprice",
            "high": "high highprice dayhigh",
            "low": "low lowprice daylow",
            "close": "close closeprice closingprice price last lastprice closelast settle settlement",
            "adjusted_close": "adjustedclose adjclose adjustedclosingprice closeadj adjcloseprice",
            "volume": "volume vol tradedvolume sharevolume",
        },
    ),
    "fx": Columns(
        ("date", "source", "target", "rate"),
        {
            "date": _DATE,
            "source": "source base basecurrency sourcecurrency from fromcurrency",
            "target": "target quote quotecurrency targetcurrency to tocurrency counter countercurrency",
            "rate": "rate fxrate exchangerate close value price mid",
            "pair": "pair currencypair",
        },
    ),
    "rates": Columns(
        ("date", "currency", "tenor", "rate"),
        {
            "date": _DATE,
            "currency": _CURRENCY,
            "tenor": "tenor maturity term",
            "rate": "rate yield value riskfreerate riskfree rf",
        },
    ),
    "factors": Columns(
        ("date", "factor_name", "return"),
        {
            "date": _DATE,
            "factor_name": "factorname factor name",
            "return": "return returns ret value factorreturn",
        },
    ),
    "actions": Columns(
        ("ex_date", "ticker", "kind", "value"),
        {
            "ex_date": f"exdate exdividenddate effectivedate {_DATE}",
            "ticker": _TICKER,
            "exchange": _EXCHANGE,
            "currency": _CURRENCY,
            "kind": "kind type action actiontype event",
            "value": "value amount ratio factor dividend",
        },
    ),
    "instruments": Columns(
        ("ticker",),
        {
            "ticker": _TICKER,
            "exchange": _EXCHANGE,
            "isin": "isin isincode",
            "currency": _CURRENCY,
            "sector": "sector gicssector industrysector",
            "geography": "geography country countryofrisk domicile region",
            "name": "name securityname companyname description longname shortname",
            "kind": "kind type instrumenttype securitytype assetclass",
        },
    ),
    "constituents": Columns(
        ("ticker", "weight"),
        {
            "date": f"{_DATE} effectivedate",
            "ticker": _TICKER,
            "weight": "weight wt benchmarkweight indexweight",
            "sector": "sector gicssector",
        },
    ),
}


def header_key(text: str) -> str:
    """Return what two spellings of a header share: letters and digits, in lower case."""
    return re.sub(r"[\W_]+", "", text, flags=re.UNICODE).casefold()


def recognise(header: list[str], kind: Kind) -> dict[str, int]:
    """Return canonical names with the places of their columns; of several the one named first in the list."""
    keys = [header_key(cell) for cell in header]
    found: dict[str, int] = {}
    for name, words in COLUMNS[kind].words.items():
        candidates = [header_key(name), *words.split()]
        place = next((keys.index(word) for word in candidates if word in keys), None)
        if place is not None and place not in found.values():
            found[name] = place
    return found


def missing(found: dict[str, int], kind: Kind) -> list[str]:
    """Return the needed columns that are not there; a pair such as EURUSD stands for both currencies."""
    given = {*found, "source", "target"} if "pair" in found else {*found}
    return [name for name in COLUMNS[kind].needed if name not in given]
