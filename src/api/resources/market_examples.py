"""Bodies of market data as the OpenAPI document shows them."""

from typing import Any, Final

Body = dict[str, Any]

_IMPORT: Final = "4b7d9a52-1c3e-4f68-8a0b-2d5e7f9c1b3a"
_NO_SOURCE: Final[Body] = {
    "code": "no_source",
    "detail": "No source of market data here tells the figure.",
}

QUOTE: Final[Body] = {
    "symbol": "AAPL",
    "price": 175.84,
    "change": 2.15,
    "change_percent": 1.237838,
    "volume": 89234567,
    "market_cap": None,
    "pe_ratio": None,
    "high": 177.5,
    "low": 173.2,
    "open": 174,
    "previous_close": 173.69,
    "timestamp": "2024-01-15T00:00:00Z",
    "currency": "USD",
    "exchange": "XNAS",
    "name": "Apple Inc.",
    "source": "file prices.csv",
    "flags": [],
    "unavailable": {"market_cap": _NO_SOURCE, "pe_ratio": _NO_SOURCE},
}
HISTORY: Final[Body] = {
    "symbol": "AAPL",
    "period": "1y",
    "interval": "1d",
    "currency": "USD",
    "exchange": "XNAS",
    "adjusted": False,
    "source": "file prices.csv",
    "newest": "2024-01-15",
    "data": [
        {
            "date": "2024-01-15",
            "open": 174,
            "high": 177.5,
            "low": 173.2,
            "close": 175.84,
            "volume": 89234567,
            "adjusted_close": 175.11,
        }
    ],
    "unavailable": {},
}
SEARCH: Final[Body] = {
    "results": [
        {
            "symbol": "AAPL",
            "name": "Apple Inc.",
            "exchange": "XNAS",
            "currency": "USD",
            "type": "equity",
            "isin": "US0378331005",
        }
    ],
    "total": 1,
    "limit": 20,
    "offset": 0,
}
TRENDING: Final[Body] = {
    "symbols": [
        {
            "symbol": "AAPL",
            "price": 175.84,
            "change_percent": 1.237838,
            "volume": 89234567,
            "traded_value": 15691006261.28,
            "currency": "USD",
        }
    ],
    "definition": "Instruments with a price of the newest day, ranked by traded value times the absolute change.",
    "as_of": "2024-01-15",
}
BENCHMARKS: Final[Body] = {
    "benchmarks": [
        {
            "ticker": "SP20EW",
            "name": "20 S&P 500 stocks, equal weight",
            "sets": 33,
            "from": "1990-01-02",
            "to": "2022-01-03",
            "constituents": 20,
            "source": "skfolio datasets",
        }
    ],
    "total": 1,
    "limit": 50,
    "offset": 0,
}
CONSTITUENTS: Final[Body] = {
    "benchmark": "TECH2",
    "date": "2024-01-02",
    "constituents": [
        {"ticker": "AAPL", "name": "Apple Inc.", "weight": 0.6, "sector": "technology"},
        {"ticker": "XOM", "name": None, "weight": 0.4, "sector": "energy"},
    ],
    "dates": ["2024-01-02"],
    "source": "json",
    "recorded_at": "2024-01-16T08:00:00Z",
}
CONSTITUENTS_SENT: Final[dict[str, Body]] = {
    "two stocks": {
        "date": "2024-01-02",
        "constituents": [
            {"ticker": "AAPL", "weight": 0.6, "sector": "Technology"},
            {"ticker": "XOM", "weight": "0.4", "sector": "Energy"},
        ],
    }
}
INSTRUMENTS: Final[dict[str, Body]] = {
    "one stock": {
        "instruments": [
            {
                "ticker": "AAPL",
                "exchange": "NASDAQ",
                "isin": "US0378331005",
                "currency": "USD",
                "sector": "Technology",
                "geography": "US",
                "name": "Apple Inc.",
                "kind": "equity",
            }
        ]
    }
}
IMPORTED: Final[Body] = {
    "import_id": _IMPORT,
    "kind": "prices",
    "shared": False,
    "dry_run": False,
    "source": "file prices.csv",
    "filename": "prices.csv",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "format": "csv",
    "rows_imported": 2,
    "rows_with_errors": 1,
    "rows_unchanged": 0,
    "rows_revised": 1,
    "instruments_created": 1,
    "from": "2024-01-12",
    "to": "2024-01-15",
    "columns": {"date": "Date", "ticker": "Symbol", "close": "Close"},
    "ignored_columns": ["Beta"],
    "errors": [
        {
            "row": 4,
            "column": "close",
            "value": "-1",
            "code": "not_positive",
            "error": "close is not positive",
            "message": "close is not positive.",
        }
    ],
    "warnings": [
        {
            "row": 1,
            "column": None,
            "code": "ignored_columns",
            "message": "Columns that mean nothing here were passed over: Beta.",
        }
    ],
}
SERIES_IMPORTED: Final[Body] = {
    **IMPORTED,
    "instruments_created": 0,
    "rows_with_errors": 0,
    "errors": [],
    "warnings": [],
    "columns": {},
    "ignored_columns": [],
}
_SUMMARY: Final[Body] = {
    "import_id": _IMPORT,
    "kind": "prices",
    "shared": False,
    "source": "file prices.csv",
    "filename": "prices.csv",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "imported_at": "2024-01-16T08:00:00Z",
    "rows": 2,
    "rows_revised": 1,
}
IMPORTS: Final[Body] = {"imports": [_SUMMARY], "total": 1, "limit": 50, "offset": 0}
IMPORT: Final[Body] = {"import": _SUMMARY, "report": IMPORTED}
