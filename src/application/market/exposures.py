"""Which portfolios an import of market data concerns, and what was asked of them already."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeAlias
from uuid import UUID

import msgspec

from domain.analysis import KINDS
from domain.analysis import Kind as Figures
from domain.market import Kind

Tickers: TypeAlias = Sequence[str]

DEPENDS_ON: Final[Mapping[Kind, tuple[Figures, ...]]] = {
    "prices": KINDS,
    "actions": KINDS,
    "instruments": KINDS,
    "fx": KINDS,
    "rates": ("risk",),
    "factors": ("factors",),
    "constituents": ("risk", "attribution"),
}
"""What has to be computed anew after an import of each kind."""


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What an import says it concerns; `owner` is a tenant, or `*` for everybody."""

    kind: Kind
    owner: str
    position: int
    listing_ids: Sequence[int] = ()
    currencies: Sequence[str] = ()
    benchmark: str | None = None


class Exposed(msgspec.Struct, frozen=True):
    """A portfolio that an import concerns."""

    tenant: str
    portfolio_id: UUID


class Exposures(Protocol):
    """Finds portfolios by what they hold, are compared with and are counted in."""

    async def shows(self, position: int) -> None:
        """Wait until what is held is known up to a position; Unavailable where that takes too long."""

    async def concerned(self, news: News) -> Sequence[Exposed]:
        """Return the active portfolios that an import concerns."""

    async def unbegun(self, portfolio_ids: Sequence[UUID]) -> Mapping[UUID, frozenset[str]]:
        """Return the kinds of figures that were asked for after prices moved, and that nobody has begun with.

        What is begun after now sees what is imported by now, so it need not be asked for again.
        """
