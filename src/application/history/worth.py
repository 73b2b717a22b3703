"""What a portfolio of another moment was worth, by the prices and exchange rates known then."""

from dataclasses import dataclass
from datetime import date

from application.history.past import PastPortfolio
from application.market.clock import valuation_day
from application.market.pricing import Priced, at_market, newest_prices
from application.market.quotes import Quotes
from application.market.rates import TenantRates
from domain.valuation import Rates, Valuation, value_holdings


@dataclass(frozen=True, slots=True, kw_only=True)
class PastWorth:
    """Holdings at their prices, and the day they are valued on with its exchange rates."""

    held: list[Priced]
    valuation: Valuation
    valued_on: date
    rates: Rates


async def value_past(past: PastPortfolio, quotes: Quotes, rates: TenantRates) -> PastWorth:
    """Value a portfolio on the day that was asked for, or on the newest day that anything speaks of."""
    tenant = past.portfolio.tenant_id
    clock = await quotes.clock(tenant)
    last = clock if past.as_of is None else min(past.as_of, clock)
    held = await at_market(quotes, tenant, past.held, clock=clock, upto=last, known_at=past.known_at)
    told = [] if past.newest_day is None else [past.newest_day]
    day = last if past.as_of is not None else valuation_day(last, newest_prices(held), told)
    known = await rates.rates_for(tenant, known_at=past.known_at)
    return PastWorth(
        held=held,
        valuation=value_holdings(
            [one.position for one in held],
            past.balances,
            currency=past.portfolio.currency,
            on=day,
            rates=known,
        ),
        valued_on=day,
        rates=known,
    )
