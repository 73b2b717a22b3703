"""Market data as news: who imported what, and which instruments, currencies or benchmarks it concerns.

The figures themselves are rows of the schema `market`, a second source of truth; an event per import says that
they are there. An owner is a tenant, or SHARED for the set that all tenants read.
"""

from datetime import date, datetime
from typing import Any, Final, Literal, TypeAlias, get_args
from uuid import UUID, uuid5

from eventsourcing.domain import event

from domain.aggregate import Aggregate, Opened
from domain.errors import NotFound, Refused, Violation

SHARED: Final = "*"
"""Owner of the data that every tenant reads and none writes."""
MARKETS: Final = UUID("5b0d9f27-6c3e-5a47-8a3b-1f6f2a6f7c11")

Kind: TypeAlias = Literal["prices", "fx", "rates", "factors", "actions", "instruments", "constituents"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class SymbolNotFound(NotFound):
    """Neither the tenant's own data nor the shared set knows the symbol."""

    def __init__(self, symbol: str) -> None:
        super().__init__(f"There is no market data for {symbol[:64]!r}.")


class BenchmarkNotFound(NotFound):
    """Nobody said what the benchmark consists of."""

    def __init__(self, ticker: str) -> None:
        super().__init__(f"There are no constituents of a benchmark {ticker[:64]!r}.")


class MarketImportNotFound(NotFound):
    """No import of market data of this tenant has the id."""

    def __init__(self, import_id: UUID) -> None:
        super().__init__(f"There is no import {import_id} of market data.")


class OwnerRefused(Refused):
    """`*` names the shared set and can be no tenant."""

    def __init__(self) -> None:
        detail = "A tenant cannot be called `*`: that is the set of data which all tenants share."
        super().__init__(detail, violations=(Violation("tenant", "reserved", detail),))


def market_id(owner: str) -> UUID:
    """Return the id of the stream that tells of an owner's imports."""
    return uuid5(MARKETS, owner)


class Imported(Aggregate.Event):
    """What every import tells.

    rows : rows that are new or differ from what was known; revised : how many of these differ.
    start, end : first and last day the rows speak of; None where they have no days.
    sequence : place of the import among all imports of all owners.
    """

    import_id: UUID
    sequence: int
    source: str
    filename: str
    sha256: str
    rows: int
    revised: int
    start: date | None
    end: date | None


class Market(Aggregate):
    """The imports of one owner, in their order.

    What was imported stands in the tables, so the events change nothing here.
    """

    TOPIC = "market"

    class Started(Opened):
        TOPIC = "market.started"
        tenant_id: str

    class PricesImported(Imported):
        TOPIC = "market.prices-imported"
        listing_ids: list[int]
        tickers: list[str]

    class ActionsImported(Imported):
        TOPIC = "market.actions-imported"
        listing_ids: list[int]
        tickers: list[str]

    class InstrumentsImported(Imported):
        TOPIC = "market.instruments-imported"
        listing_ids: list[int]
        tickers: list[str]

    class FxImported(Imported):
        TOPIC = "market.fx-imported"
        currencies: list[str]

    class RatesImported(Imported):
        TOPIC = "market.rates-imported"
        currencies: list[str]

    class FactorsImported(Imported):
        TOPIC = "market.factors-imported"
        factor_names: list[str]

    class ConstituentsSet(Imported):
        TOPIC = "market.constituents-set"
        benchmark: str
        tickers: list[str]

    @event(Started)
    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id

    def tell(self, kind: Kind, *, at: datetime, **content: Any) -> None:
        """Record that an import is complete."""
        self.trigger_event(_EVENTS[kind], effective_at=at, **content)


_EVENTS: Final[dict[Kind, type[Imported]]] = {
    "prices": Market.PricesImported,
    "fx": Market.FxImported,
    "rates": Market.RatesImported,
    "factors": Market.FactorsImported,
    "actions": Market.ActionsImported,
    "instruments": Market.InstrumentsImported,
    "constituents": Market.ConstituentsSet,
}
IMPORTED_TOPICS: Final = frozenset(
    {
        Market.PricesImported.TOPIC,
        Market.FxImported.TOPIC,
        Market.RatesImported.TOPIC,
        Market.FactorsImported.TOPIC,
        Market.ActionsImported.TOPIC,
        Market.InstrumentsImported.TOPIC,
        Market.ConstituentsSet.TOPIC,
    }
)


def market_of(owner: str, version: int, *, at: datetime) -> Market:
    """Return the stream of an owner at a version.

    It decides by nothing that its events said, so they need not be read again: thousands of imports with
    thousands of tickers each would be. 0 begins the stream.
    """
    market = Market.start(Market.Started, id=market_id(owner), tenant_id=owner, effective_at=at)
    if version:
        market.collect_events()
        market.version = version
    return market
