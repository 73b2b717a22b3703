"""The agent that has portfolios looked at anew when market data came in."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from agents.acting import acting
from application.inbox import Message
from application.ledger import Ledger, retried
from application.market.exposures import DEPENDS_ON, Exposed, Exposures, News
from domain.analysis import KINDS
from domain.market import Kind, Market
from projections.published.catalogue import type_of

ACTOR = "RepricingAgent"
AT_ONCE: Final = 64
CALM_SECONDS: Final = 0.5
KIND_OF: Final[Mapping[str, Kind]] = {
    type_of(Market.PricesImported): "prices",
    type_of(Market.ActionsImported): "actions",
    type_of(Market.InstrumentsImported): "instruments",
    type_of(Market.FxImported): "fx",
    type_of(Market.RatesImported): "rates",
    type_of(Market.FactorsImported): "factors",
    type_of(Market.ConstituentsSet): "constituents",
}


class _Content(msgspec.Struct):
    listing_ids: list[int] = []
    currencies: list[str] = []
    benchmark: str | None = None


class RepricingAgent:
    """Asks once per import and portfolio for the figures that the import concerns.

    A burst of imports is one request per portfolio, and none where an earlier request is still waiting. The first
    import of an owner is told of at once; those that come within `calm_seconds` of it wait for each other.
    """

    name = "repricing"

    def __init__(self, ledger: Ledger, exposures: Exposures, *, calm_seconds: float = CALM_SECONDS) -> None:
        self._ledger, self._exposures, self._calm_seconds = ledger, exposures, calm_seconds
        self._calm_from: dict[str, float] = {}

    async def handle(self, messages: Sequence[Message]) -> None:
        """Ask for new figures after some of an owner's imports."""
        news = [found for message in messages if (found := news_of(message)) is not None]
        if not news:
            return
        await self._calm(messages[0].tenant)
        await self._exposures.shows(news[-1].position)
        wanted = await self._wanted(news)
        waiting = await self._exposures.unbegun([exposed.portfolio_id for exposed in wanted])
        due = [
            (exposed, kinds)
            for exposed, kinds in wanted.items()
            if not kinds <= waiting.get(exposed.portfolio_id, frozenset())
        ]
        for first in range(0, len(due), AT_ONCE):
            batch = due[first : first + AT_ONCE]
            await asyncio.gather(*(self._ask(exposed, kinds, messages[-1]) for exposed, kinds in batch))

    async def _calm(self, owner: str) -> None:
        """Wait until an owner's last import lies long enough back; what comes meanwhile is handled together."""
        now = asyncio.get_running_loop().time()
        begin = max(now, self._calm_from.get(owner, now))
        self._calm_from[owner] = begin + self._calm_seconds
        await asyncio.sleep(begin - now)

    async def _wanted(self, news: Sequence[News]) -> dict[Exposed, frozenset[str]]:
        wanted: dict[Exposed, frozenset[str]] = defaultdict(frozenset)
        for one in news:
            for exposed in await self._exposures.concerned(one):
                wanted[exposed] |= frozenset(DEPENDS_ON[one.kind])
        return wanted

    @retried
    async def _ask(self, exposed: Exposed, kinds: frozenset[str], because: Message) -> None:
        portfolio_id: UUID = exposed.portfolio_id
        async with self._ledger.unit(acting(ACTOR, because, tenant=exposed.tenant)) as unit:
            analysis = await unit.analysis(portfolio_id)
            wanted = [kind for kind in KINDS if kind in kinds]
            analysis.reprice(wanted, market_position=because.position, at=unit.now)
            await unit.commit(None)


def news_of(message: Message) -> News | None:
    """Return what a message says was imported, or None where it says something else."""
    kind = KIND_OF.get(message.event_type)
    if kind is None:
        return None
    content = msgspec.json.decode(message.data, type=_Content)
    return News(
        kind=kind,
        owner=message.tenant,
        position=message.position,
        listing_ids=content.listing_ids,
        currencies=content.currencies,
        benchmark=content.benchmark,
    )
