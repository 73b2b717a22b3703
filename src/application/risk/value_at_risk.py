"""Value at risk of amounts in instruments that a request names."""

from hashlib import sha256
from math import sqrt
from uuid import UUID, uuid5

import numpy as np

from analytics.risk.components import Marginals, marginals
from analytics.risk.tail import tail_risk
from application.market.history import Floats, MarketHistory
from application.market.quotes import Listing, Name
from application.risk.questions import SymbolAtRisk, ValueAtRiskAnswer, ValueAtRiskQuestion
from application.risk.reference import reference_path
from application.risk.scenarios import Scenarios, scenarios_of
from application.valuation.book import Book, BookPosition
from application.valuation.current_returns import CurrentReturns, current_returns
from domain.errors import Refused, Violation
from domain.risk import DataFlag

NAMESPACE = UUID("5b2f3c0e-3d0a-4b6a-9a55-0c6c5a0f7d11")
IMPORT = "import its prices with POST /v1/market/prices/import"
NO_RATE = "No exchange rate from {source} to {target} is known; import rates with POST /v1/market/fx/import."


async def value_at_risk(history: MarketHistory, tenant: str, asked: ValueAtRiskQuestion) -> ValueAtRiskAnswer:
    """Return the loss that amounts in instruments do not exceed at a confidence, and what each adds.

    Losses of one day are scaled by the square root of the horizon, their parts with them.

    Raises
    ------
    Refused
        Naming every symbol that market data does not know or has too few prices of, and what to import.
    """
    listings = await _listings(history, tenant, asked)
    book = await _book(history, tenant, asked, listings)
    current = await current_returns(history, tenant, book, window=asked.window)
    _refuse_unconverted(asked, listings, current)
    past = await _past(history, tenant, asked, current)
    _refuse_left_out(asked, listings, past)
    values = _values(asked, listings, past)
    seed = int.from_bytes(sha256(past.returns.tobytes() + values.tobytes()).digest()[:8], "big")
    confidence, stretch = asked.confidence_level, sqrt(asked.time_horizon)
    tail = tail_risk(past.returns @ values, confidence, asked.method, seed=seed)
    slopes = marginals(past.returns, values, confidence, asked.method, seed=seed)
    flags = await history.quality(
        tenant, sorted({one.listing_id for one in listings}), on=past.days[-1].item()
    )
    return ValueAtRiskAnswer(
        var=tail.var * stretch,
        cvar=tail.cvar * stretch,
        confidence_level=confidence,
        time_horizon=asked.time_horizon,
        total_value=float(values.sum()),
        currency=asked.currency,
        method=asked.method,
        components=_components(past, values, slopes, stretch, tail.var),
        n_observations=len(past.days),
        data_from=past.days[0].item(),
        data_to=past.days[-1].item(),
        proxies=list(past.proxies),
        data_quality=[
            DataFlag(ticker=one.ticker, code=one.code, detail=one.detail) for one in (*current.flags, *flags)
        ],
    )


async def _listings(history: MarketHistory, tenant: str, asked: ValueAtRiskQuestion) -> list[Listing]:
    found = await history.listings(tenant, [Name(ticker=one.symbol) for one in asked.positions])
    violations = [
        Violation(
            f"positions.{at}.symbol", "unknown_symbol", f"No instrument {one.symbol} is known; {IMPORT}."
        )
        for at, one in enumerate(asked.positions)
        if found[at] is None
    ]
    violations += asked.violations()
    if violations:
        raise _refusal(violations)
    return [one for one in found if one is not None]


async def _book(
    history: MarketHistory, tenant: str, asked: ValueAtRiskQuestion, listings: list[Listing]
) -> Book:
    """A book of one day that holds a unit of each instrument for what is in it, without signs."""
    positions = {one.listing_id: _position(one, asked.currency) for one in listings}
    gross = dict.fromkeys(positions, 0.0)
    for one, listing in zip(asked.positions, listings, strict=True):
        gross[listing.listing_id] += abs(one.value)
    ones, nothing = np.ones((1, len(positions))), np.zeros((1, 0))
    today = await history.clock(tenant)
    return Book(
        portfolio_id=NAMESPACE,
        currency=asked.currency,
        benchmark_ticker=None,
        inception=today,
        positions=tuple(positions.values()),
        cash_currencies=(),
        days=np.array([today], dtype="datetime64[D]"),
        quantity=ones,
        before=ones,
        price=np.array([list(gross.values())]),
        rate=ones,
        income=0 * ones,
        cash=nothing,
        cash_before=nothing,
        cash_rate=nothing,
    )


def _position(listing: Listing, currency: str) -> BookPosition:
    id_ = uuid5(NAMESPACE, str(listing.listing_id))
    return BookPosition(
        position_id=id_,
        instrument_id=id_,
        ticker=listing.ticker,
        account="",
        currency=listing.currency or currency,
        asset_class=listing.kind,
        sector=listing.sector,
        geography=listing.geography,
        isin=listing.isin,
        listing_id=listing.listing_id,
    )


async def _past(
    history: MarketHistory, tenant: str, asked: ValueAtRiskQuestion, current: CurrentReturns
) -> Scenarios:
    incomplete = bool(np.isnan(current.returns).any()) and len(current.days) > 1
    days = np.concatenate((current.since, current.days))
    path = await reference_path(history, tenant, None, asked.currency, days) if incomplete else None
    if path is None:
        return scenarios_of(current, None, "")
    path = path.without_first_day()
    return scenarios_of(current, path.returns, path.ticker)


def _refuse_unconverted(asked: ValueAtRiskQuestion, listings: list[Listing], current: CurrentReturns) -> None:
    """Refuse what no exchange rate is known of on any day."""
    bare = {
        one.currency
        for at, one in enumerate(current.positions)
        if one.currency != asked.currency and len(current.days) and np.isnan(current.returns[:, at]).all()
    }
    violations = [
        Violation(
            f"positions.{at}.symbol",
            "no_rate",
            f"{asked.positions[at].symbol}: {NO_RATE.format(source=one.currency, target=asked.currency)}",
        )
        for at, one in enumerate(listings)
        if one.currency in bare
    ]
    if violations:
        raise _refusal(violations)


def _refuse_left_out(asked: ValueAtRiskQuestion, listings: list[Listing], past: Scenarios) -> None:
    reasons = {one.ticker: one.detail for one in past.excluded}
    violations = [
        Violation(
            f"positions.{at}.symbol",
            "no_history",
            f"{asked.positions[at].symbol}: {reason} To go on, {IMPORT}.",
        )
        for at, listing in enumerate(listings)
        if (reason := reasons.get(listing.ticker)) is not None
    ]
    if violations:
        raise _refusal(violations)


def _refusal(violations: list[Violation]) -> Refused:
    one = len(violations) == 1
    detail = violations[0].detail if one else f"{len(violations)} fields of the request were refused."
    return Refused(detail, violations=violations)


def _values(asked: ValueAtRiskQuestion, listings: list[Listing], past: Scenarios) -> Floats:
    """Signed value of each instrument, in the order of the scenarios."""
    sums: dict[UUID | None, float] = {}
    for one, listing in zip(asked.positions, listings, strict=True):
        id_ = uuid5(NAMESPACE, str(listing.listing_id))
        sums[id_] = sums.get(id_, 0.0) + one.value
    return np.array([sums[one.position_id] for one in past.holdings])


def _components(
    past: Scenarios, values: Floats, slopes: Marginals, stretch: float, var: float
) -> list[SymbolAtRisk]:
    rows = zip(past.holdings, values.tolist(), slopes.var.tolist(), slopes.cvar.tolist(), strict=True)
    parts = [
        SymbolAtRisk(
            symbol=holding.ticker,
            value=value,
            component_var=value * in_var * stretch + 0.0,  # not -0
            component_cvar=value * in_cvar * stretch + 0.0,
            marginal_var=in_var * stretch + 0.0,
            share=value * in_var / var if var else None,
        )
        for holding, value, in_var, in_cvar in rows
    ]
    return sorted(parts, key=lambda one: (-abs(one.value), one.symbol))
