"""What can be seen of the market when a portfolio is looked at: prices, rates, offers, and what is doubtful."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol
from uuid import UUID, uuid5

from application.market.clock import valuation_day
from application.market.history import Flag
from application.market.pricing import Priced, at_market, newest_prices
from application.market.quotes import Name, Quote, Quotes, Wanted
from application.market.rates import TenantRates
from domain.drift import Target
from domain.holding_facts import Position
from domain.holdings import Holdings
from domain.identifiers import is_isin
from domain.instruments import Description, Instruments, registry_id
from domain.portfolio import Portfolio
from domain.trades import Candidate
from domain.valuation import Rates

DOUBTS: Final = frozenset({"jump", "split_suspect"})
UNTRADABLE: Final = frozenset({"index", "factor", "rate"})
"""Kinds of listings that nobody can buy."""
ASSET_CLASSES: Final = {"bond": "fixed_income", "commodity": "commodity", "crypto": "crypto"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The market at one moment, as one tenant sees it; a portfolio is valued `on` a day at its rates.

    candidates : what is not held and has a target; `candidate_days` are the days of their prices.
    """

    held: Sequence[Priced]
    candidates: Sequence[Candidate]
    candidate_days: Sequence[date]
    rates: Rates
    clock: date
    on: date


class Doubts(Protocol):
    """Tells what is doubtful about prices."""

    async def quality(self, tenant: str, listing_ids: Sequence[int], *, on: date) -> list[Flag]:
        """Return what is doubtful about listings' prices by a day."""


class Known(Protocol):
    """Knows the tenant's own instruments."""

    async def instruments(self) -> Instruments:
        """Return the registry."""


class Lookout:
    """Looks at the market for one portfolio at a time."""

    def __init__(self, quotes: Quotes, rates: TenantRates, doubts: Doubts) -> None:
        self._quotes, self._rates, self._doubts = quotes, rates, doubts

    async def look(self, portfolio: Portfolio, holdings: Holdings, known: Known) -> Sight:
        """Return what is to be seen now."""
        tenant = portfolio.tenant_id
        clock = await self._quotes.clock(tenant)
        held = await at_market(self._quotes, tenant, holdings.dated_positions(), clock=clock)
        told = [] if holdings.newest_day is None else [holdings.newest_day]
        on = valuation_day(clock, newest_prices(held), told)
        rates = await self._rates.rates_for(tenant)
        offers = [
            (candidate, quote.day)
            for target, quote in await self._offers(portfolio, held, clock)
            if (candidate := await _candidate(target, quote, portfolio, rates, on, known)) is not None
        ]
        return Sight(
            held=held,
            candidates=[candidate for candidate, _ in offers],
            candidate_days=[day for _, day in offers],
            rates=rates,
            clock=clock,
            on=on,
        )

    async def doubts(self, tenant: str, sight: Sight) -> list[Flag]:
        """Return what is doubtful about the prices of what is held."""
        listed = sorted({one.listing_id for one in sight.held if one.listing_id is not None})
        if not listed:
            return []
        return [
            flag for flag in await self._doubts.quality(tenant, listed, on=sight.on) if flag.code in DOUBTS
        ]

    async def _offers(
        self, portfolio: Portfolio, held: Sequence[Priced], clock: date
    ) -> list[tuple[Target, Quote]]:
        """Return the quotes of securities that have a target and are not held."""
        targets = _not_held(portfolio.targets.values(), [one.position for one in held])
        wanted = [Wanted(name=_name(target.bucket), since=clock) for target in targets]
        if not wanted:
            return []
        quotes = await self._quotes.quotes(portfolio.tenant_id, wanted, upto=clock)
        return [
            (target, quote)
            for target, quote in zip(targets, quotes, strict=True)
            if quote is not None and quote.listing.kind not in UNTRADABLE
        ]


def _not_held(targets: Iterable[Target], held: Iterable[Position]) -> list[Target]:
    known = {
        name.casefold()
        for one in held
        for name in (one.ticker, one.isin, str(one.instrument_id))
        if name is not None
    }
    return [
        target
        for target in targets
        if target.allocation_type == "security" and target.bucket.casefold() not in known
    ]


def _name(bucket: str) -> Name:
    return Name(ticker=bucket, isin=bucket.upper() if is_isin(bucket.upper()) else None)


async def _candidate(
    target: Target, quote: Quote, portfolio: Portfolio, rates: Rates, on: date, known: Known
) -> Candidate | None:
    listing = quote.listing
    rate = rates.rate(listing.currency or portfolio.currency, portfolio.currency, on)
    if rate is None:
        return None
    return Candidate(
        instrument_id=await _instrument(portfolio.tenant_id, quote, known),
        ticker=target.bucket if _name(target.bucket).isin is None else listing.ticker,
        asset_class=ASSET_CLASSES.get(listing.kind, "equity"),
        price=quote.close * rate.value,
        sector=listing.sector,
        geography=listing.geography,
        isin=listing.isin,
    )


async def _instrument(tenant: str, quote: Quote, known: Known) -> UUID:
    """Return the tenant's own id of a listing where it has one."""
    listing = quote.listing
    registry = await known.instruments()
    said = Description(ticker=listing.ticker, isin=listing.isin, currency=listing.currency)
    found = registry.find(said)
    return (
        uuid5(registry_id(tenant), f"listing {listing.listing_id}") if found is None else found.instrument_id
    )
