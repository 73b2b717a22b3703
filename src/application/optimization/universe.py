"""Which instruments a request means: its stocks, or what a portfolio holds now."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

import numpy as np

from application.benchmark.path import unknown as benchmark_unknown
from application.history.past import History
from application.market.history import MarketHistory
from application.market.quotes import Listing, Name
from application.optimization.dataset import AssetFacts, Dropped, Warned
from application.optimization.naming import asset_names, spelled, unique_names
from application.optimization.request import OptimizationRequest, Stock
from application.valuation.book import Book, BookPosition
from application.valuation.builder import book_of
from application.valuation.left_out import WHY
from domain.errors import Refused, Violation
from domain.portfolio import PortfolioNotFound, PortfolioNotYet

MarketCode = Callable[[str], str | None]
"""Gives the MIC of an exchange by code or short name, None for one that nobody knows."""
AMERICAN: Final = frozenset({"XNAS", "XNGS", "XNMS", "XNCM", "XNYS", "ARCX", "XASE", "BATS", "IEXG", "US"})
IMPORT: Final = "import its prices with POST /v1/market/prices/import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    """Assets in order, what market data calls them, and the field of the request that each stands in.

    currency : what returns are converted to; None where nobody said.
    benchmark : ticker of what the portfolio is measured against.
    weights : what is held now, summing to 1, cash left out; None for stocks.
    """

    assets: tuple[AssetFacts, ...]
    listing_ids: tuple[int, ...]
    fields: tuple[str, ...]
    currency: str | None = None
    portfolio_id: UUID | None = None
    benchmark: str | None = None
    weights: tuple[float, ...] | None = None
    dropped: tuple[Dropped, ...] = field(default=())
    warnings: tuple[Warned, ...] = field(default=())


async def stocks(
    history: MarketHistory, tenant: str, request: OptimizationRequest, market_code: MarketCode
) -> Universe:
    """Return the stocks of a request.

    Raises Refused with every stock that market data does not know, knows elsewhere only, or knows by two names.
    """
    asked = request.stocks or []
    found = await history.listings(tenant, [_name(one) for one in asked])
    elsewhere = list(_elsewhere(asked, found, market_code))
    violations = [*_unknown(asked, found), *_alike(found), *_abroad(elsewhere)]
    violations += await _unknown_benchmark(history, tenant, request)
    if violations:
        raise refused(violations)
    known = [one for one in found if one is not None]
    names = asset_names(request) or []
    return Universe(
        assets=tuple(_facts(name, one) for name, one in zip(names, known, strict=True)),
        listing_ids=tuple(one.listing_id for one in known),
        fields=tuple(f"stocks.{at}.ticker" for at in range(len(known))),
        warnings=tuple(Warned(code="other_exchange", detail=one.detail) for one in elsewhere),
    )


async def _unknown_benchmark(
    history: MarketHistory, tenant: str, request: OptimizationRequest
) -> list[Violation]:
    name = request.benchmark
    if name is None or await history.benchmark(tenant, name) is not None:
        return []
    return [Violation("benchmark", "benchmark_not_found", benchmark_unknown(name))]


def refused(violations: list[Violation]) -> Refused:
    """Return the refusal of a request that breaks these rules."""
    one = len(violations) == 1
    detail = violations[0].detail if one else f"{len(violations)} fields of the request were refused."
    return Refused(detail, violations=violations)


def _name(stock: Stock) -> Name:
    exchange = None if stock.exchange is None else stock.exchange.strip()
    return Name(ticker=stock.ticker.strip(), exchange=exchange or None)


def _unknown(asked: list[Stock], found: list[Listing | None]) -> Iterator[Violation]:
    for at, (one, listing) in enumerate(zip(asked, found, strict=True)):
        if listing is None:
            where = f" on {one.exchange}" if one.exchange else ""
            detail = f"No instrument {one.ticker}{where} is known; {IMPORT}."
            yield Violation(f"stocks.{at}.ticker", "unknown_ticker", detail)


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """A stock that is known on another market than the one asked for."""

    field: str
    detail: str
    is_abroad: bool


def _elsewhere(
    asked: list[Stock], found: list[Listing | None], market_code: MarketCode
) -> Iterator[_Elsewhere]:
    """Where a ticker is another company's abroad, one American market's price is that of all of them."""
    for at, (one, listing) in enumerate(zip(asked, found, strict=True)):
        if listing is None or one.exchange is None or listing.exchange is None:
            continue
        wanted = market_code(one.exchange) or spelled(one.exchange)
        if wanted != listing.exchange:
            detail = f"{one.ticker} is known on {listing.exchange}, not on {one.exchange}."
            yield _Elsewhere(f"stocks.{at}.exchange", detail, not {wanted, listing.exchange} <= AMERICAN)


def _abroad(elsewhere: list[_Elsewhere]) -> Iterator[Violation]:
    for one in elsewhere:
        if one.is_abroad:
            yield Violation(one.field, "unknown_ticker", f"{one.detail} Leave the exchange out, or {IMPORT}.")


def _alike(found: list[Listing | None]) -> Iterator[Violation]:
    seen: dict[int, int] = {}
    for at, listing in enumerate(found):
        if listing is not None and listing.listing_id in seen:
            detail = f"It is the same instrument as stock {seen[listing.listing_id]}: {listing.ticker}."
            yield Violation(f"stocks.{at}.ticker", "duplicate", detail)
        elif listing is not None:
            seen[listing.listing_id] = at


def _facts(name: str, listing: Listing) -> AssetFacts:
    return AssetFacts(
        name=name,
        ticker=listing.ticker,
        exchange=listing.exchange,
        currency=listing.currency,
        title=listing.name,
        isin=listing.isin,
        sector=listing.sector,
        geography=listing.geography,
        asset_class=listing.kind,
    )


async def portfolio(
    history: MarketHistory, events: History, tenant: str, request: OptimizationRequest
) -> Universe:
    """Return what a portfolio holds now, with its weights.

    Raises Refused for a portfolio that is not there, and where fewer than two holdings have a value and a market.
    """
    assert request.portfolio_id is not None
    unknown = await _unknown_benchmark(history, tenant, request)
    try:
        past = await events.portfolio_at(tenant, request.portfolio_id, as_of=None, known_at=None)
    except (PortfolioNotFound, PortfolioNotYet) as missing:
        nowhere = Violation("portfolio_id", "unknown_portfolio", str(missing))
        raise refused([nowhere, *unknown]) from missing
    if unknown:
        raise refused(unknown)
    book = await book_of(past.portfolio, past.holdings, history, tenant=tenant, start=date.max)
    return _held(book)


def _held(book: Book) -> Universe:
    values = dict(zip(book.positions, book.value[-1].tolist(), strict=True))
    by_instrument: dict[UUID, list[BookPosition]] = {}
    for position, value in values.items():
        if value and position.listing_id is not None:
            by_instrument.setdefault(position.instrument_id, []).append(position)
    held = list(by_instrument.values())
    worth = np.array([sum(values[one] for one in positions) for positions in held])
    _require_enough(len(held), float(worth.sum()))
    firsts = [positions[0] for positions in held]
    names = unique_names([(one.ticker, one.currency) for one in firsts])
    return Universe(
        assets=tuple(_position(name, one) for name, one in zip(names, firsts, strict=True)),
        listing_ids=tuple(one.listing_id or 0 for one in firsts),
        fields=("portfolio_id",) * len(firsts),
        currency=book.currency,
        portfolio_id=book.portfolio_id,
        benchmark=book.benchmark_ticker,
        weights=tuple((worth / worth.sum()).tolist()),
        dropped=tuple(_left_out(book, values)),
    )


def _require_enough(count: int, worth: float) -> None:
    if count < 2:
        detail = f"{count} of its holdings have a price and are known to market data; two leave something to choose."
        raise refused([Violation("portfolio_id", "too_few", detail)])
    if not worth > 0:
        detail = "What is sold short is worth as much as what is held: there are no weights to begin with."
        raise refused([Violation("portfolio_id", "no_value", detail)])


def _position(name: str, position: BookPosition) -> AssetFacts:
    return AssetFacts(
        name=name,
        ticker=position.ticker,
        currency=position.currency,
        isin=position.isin,
        sector=position.sector,
        geography=position.geography,
        asset_class=position.asset_class,
        instrument_id=position.instrument_id,
    )


def _left_out(book: Book, values: dict[BookPosition, float]) -> Iterator[Dropped]:
    unlisted = [
        (one.ticker, "no_listing") for one, value in values.items() if value and one.listing_id is None
    ]
    for ticker, code in dict.fromkeys([*book.excluded, *unlisted]):
        yield Dropped(name=ticker, code=code, detail=WHY[code])
