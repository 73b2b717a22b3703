"""The market data that everybody has: S&P 500 stocks and index, style funds and factors, from the skfolio wheel.

The package is installed for its data alone and never imported; the files are found in its folder.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from bootstrap.bundled_news import Changes, Loaded, changes_of, has_past, tell
from domain.market import SHARED, Kind

if TYPE_CHECKING:
    from psycopg import Connection

PACKAGE = "skfolio"
EDITION = 1
"""To be raised when something else is made of the same files; they are then loaded again."""
STOCKS, INDEX, STYLES = "sp500_dataset", "sp500_index", "factors_dataset"
INDEX_TICKER, BENCHMARK = "SP500", "SP20EW"
STANDS_IN = "S&P 500 price index stands in"
INDEX_ALIASES = {"SPY": STANDS_IN, "IVV": STANDS_IN, "VOO": STANDS_IN, "^GSPC": None, "SPX": None}
FACTORS = {"momentum": "MTUM", "quality": "QUAL", "size": "SIZE", "low_volatility": "USMV", "value": "VLUE"}
"""Each factor is the return of its fund less the index's; the market factor is the index's return."""


@dataclass(frozen=True, slots=True)
class Table:
    """Prices as their file has them: texts by ticker, one for each day, empty where there is none."""

    days: list[str]
    prices: dict[str, list[str]]


def source() -> str | None:
    """Return what the data is called, None where the package is not installed."""
    try:
        return f"{PACKAGE} {version(PACKAGE)} datasets, edition {EDITION}"
    except PackageNotFoundError:
        return None


def is_loaded(connection: "Connection[Any]") -> bool:
    """Whether a migrated database has the data of the installed version, or needs none."""
    known = source()
    if known is None:
        return True
    question = "select exists (select from market.import where owner = '*' and source = %s)"
    return connection.execute(question, (known,)).fetchone() == (True,)


def load(database_url: str) -> bool:
    """Load the data as the database's owner unless it is there, and return whether anything was loaded."""
    import psycopg

    with psycopg.connect(database_url) as connection:
        # One at a time: whoever waited for the other finds everything there.
        connection.execute("select market.begin_import(%s)", (SHARED,))
        known = source()
        if known is None or is_loaded(connection):
            return False
        edition = _Edition(connection, known, has_past(connection))
        listings = _load_instruments(edition)
        stocks, index, styles = _table(STOCKS), _table(INDEX), _table(STYLES)
        _load_prices(edition, listings, (stocks, index, styles))
        _load_factors(edition, index, styles)
        _load_constituents(edition, listings, stocks)
        if edition.has_past:
            tell(connection, edition.loaded, source=known, filename=PACKAGE, benchmark=BENCHMARK)
    return True


@dataclass(slots=True)
class _Import:
    """Number and time of an import, and how many rows it has brought so far."""

    sequence: int
    moment: datetime
    rows: int = 0

    @property
    def stamp(self) -> tuple[str, int, datetime]:
        return SHARED, self.sequence, self.moment


@dataclass(frozen=True, slots=True)
class _Edition:
    """The data at work: into which database, what it is called, and what is loaded of it so far."""

    connection: "Connection[Any]"
    source: str
    has_past: bool
    loaded: list[Loaded] = field(default_factory=list)

    @contextmanager
    def importing(self, kind: Kind) -> Iterator[_Import]:
        """Lend an import, and enter it when its rows are there."""
        begun = self.connection.execute("select * from market.begin_import(%s)", (SHARED,)).fetchone()
        assert begun is not None
        work = _Import(*begun)
        yield work
        if kind == "prices":
            self.connection.execute("select market.note_newest(%s, %s)", (SHARED, work.sequence))
        self._enter(kind, work)

    def _enter(self, kind: Kind, work: _Import) -> None:
        import_id = uuid5(NAMESPACE_URL, f"{self.source}/{kind}")
        changes = Changes(rows=work.rows)
        if self.has_past:
            changes = changes_of(self.connection, kind, work.sequence)
        self.connection.execute(
            "insert into market.import (import_id, sequence, owner, kind, source, filename, recorded_at, rows, revised)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (import_id, work.sequence, SHARED, kind, self.source, PACKAGE, work.moment, *changes.counts),
        )
        self.loaded.append(
            Loaded(
                import_id=import_id,
                kind=kind,
                sequence=work.sequence,
                recorded_at=work.moment,
                changes=changes,
            )
        )


def _load_instruments(edition: _Edition) -> dict[str, int]:
    connection = edition.connection
    with edition.importing("instruments") as work:
        listings: dict[str, int] = {}
        for row in instruments():
            listing_id = _listing(connection, row, work.stamp)
            listings[row["ticker"]] = listing_id
            described = [row["name"], row["isin"] or None, row["sector"] or None, "US", row["kind"]]
            connection.execute(
                "insert into market.description (listing_id, owner, sequence, recorded_at, name, isin, sector,"
                " geography, kind) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (listing_id, *work.stamp, *described),
            )
            work.rows += 1
        for alias, note in INDEX_ALIASES.items():
            connection.execute(
                "insert into market.alias (alias, listing_id, note, owner, sequence, recorded_at)"
                " values (%s, %s, %s, %s, %s, %s)",
                (alias, listings[INDEX_TICKER], note, *work.stamp),
            )
    return listings


def _listing(connection: "Connection[Any]", row: Mapping[str, str], stamp: tuple[Any, ...]) -> int:
    connection.execute(
        "insert into market.listing (ticker, exchange, currency, owner, sequence, recorded_at)"
        " values (%s, %s, 'USD', %s, %s, %s) on conflict do nothing",
        (row["ticker"], row["exchange"] or None, *stamp),
    )
    found = connection.execute(
        "select listing_id from market.listing where owner = %s and ticker = %s and currency = 'USD'"
        " and coalesce(exchange, '') = %s",
        (SHARED, row["ticker"], row["exchange"]),
    ).fetchone()
    assert found is not None
    return int(found[0])


def _load_prices(edition: _Edition, listings: Mapping[str, int], tables: Iterable[Table]) -> None:
    columns = "listing_id, owner, sequence, recorded_at, year, days, close"
    with (
        edition.importing("prices") as work,
        edition.connection.cursor() as cursor,
        cursor.copy(f"copy market.bars ({columns}) from stdin") as copy,
    ):
        for table in tables:
            for ticker, prices in table.prices.items():
                for year, days, close in _years(table.days, prices):
                    copy.write_row((listings[ticker], *work.stamp, year, _array(days), _array(close)))
                    work.rows += len(days)


def _years(days: Sequence[str], prices: Sequence[str]) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """Yield each year with its days and prices."""
    known = [(day, price) for day, price in zip(days, prices, strict=True) if price]
    for year, bars in groupby(known, key=lambda bar: bar[0][:4]):
        when, close = zip(*bars, strict=True)
        yield year, when, close


def _array(values: Sequence[str]) -> str:
    """Return an array in PostgreSQL's spelling."""
    return f"{{{','.join(values)}}}"


def _load_factors(edition: _Edition, index: Table, styles: Table) -> None:
    market = _returns(index, INDEX_TICKER)
    with (
        edition.importing("factors") as work,
        edition.connection.cursor() as cursor,
        cursor.copy(
            "copy market.factor (factor_name, day, value, owner, sequence, recorded_at) from stdin"
        ) as copy,
    ):
        for day, value in market.items():
            copy.write_row(("market", day, value, *work.stamp))
        work.rows += len(market)
        for name, fund in FACTORS.items():
            excess = {day: value - market[day] for day, value in _returns(styles, fund).items()}
            for day, value in excess.items():
                copy.write_row((name, day, value, *work.stamp))
            work.rows += len(excess)


def _returns(table: Table, ticker: str) -> dict[str, float]:
    prices = [float(price) for price in table.prices[ticker]]
    return {
        day: price / before - 1
        for day, before, price in zip(table.days[1:], prices, prices[1:], strict=False)
    }


def _load_constituents(edition: _Edition, listings: Mapping[str, int], stocks: Table) -> None:
    """Set equal weights on the first trading day of each year."""
    sectors = {row["ticker"]: row["sector"] for row in instruments()}
    firsts = [next(days) for _, days in groupby(stocks.days, key=lambda day: day[:4])]
    columns = "benchmark, day, ticker, listing_id, weight, sector, owner, sequence, recorded_at"
    with (
        edition.importing("constituents") as work,
        edition.connection.cursor() as cursor,
        cursor.copy(f"copy market.constituents ({columns}) from stdin") as copy,
    ):
        for day in firsts:
            for ticker in stocks.prices:
                member = (BENCHMARK, day, ticker, listings[ticker], 1 / len(stocks.prices), sectors[ticker])
                copy.write_row((*member, *work.stamp))
        work.rows += len(firsts) * len(stocks.prices)


@lru_cache(maxsize=1)
def instruments() -> list[dict[str, str]]:
    """Return what we know of the bundled instruments, which the data itself does not say."""
    text = files("bootstrap").joinpath("bundled_instruments.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _table(name: str) -> Table:
    with gzip.open(_folder() / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    columns = list(zip(*rows, strict=True))
    return Table(
        days=list(columns[0]),
        prices={ticker: list(column) for ticker, column in zip(header[1:], columns[1:], strict=True)},
    )


def _folder() -> Path:
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "data"
