"""What is computed of a portfolio: who asked for figures, and the figures that answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, Self
from uuid import UUID, uuid5

import msgspec
from eventsourcing.domain import event

from domain.aggregate import Aggregate, Opened
from domain.unavailable import Missing

Kind = Literal["drift", "risk", "factors", "attribution"]
KINDS: Final[tuple[Kind, ...]] = ("drift", "risk", "factors", "attribution")
DRIFT: Final[Kind] = "drift"
REFRESH: Final = "refresh"
PRICES: Final = "prices"


def analysis_id(portfolio_id: UUID) -> UUID:
    """Return the id of the stream of requests for figures of a portfolio."""
    return uuid5(portfolio_id, "analysis")


class Analysis(Aggregate):
    """The requests to compute figures of one portfolio anew."""

    TOPIC = "analysis"

    class Started(Opened):
        TOPIC = "analysis.started"
        tenant_id: str
        portfolio_id: UUID

    class Requested(Aggregate.Event):
        """`market_position` is where the import of market data stands that led to the request, if one did."""

        TOPIC = "analysis.requested"
        portfolio_id: UUID
        kinds: list[str]
        reason: str
        options: dict[str, Any]
        market_position: int | None

    @event(Started)
    def __init__(self, tenant_id: str, portfolio_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.portfolio_id = portfolio_id
        self._repriced: dict[str, int] = {}

    def refresh(
        self, kinds: Sequence[Kind], *, options: Mapping[str, Any] | None = None, at: datetime
    ) -> None:
        """Ask for figures now; `options` say which, where there is a choice."""
        self._request(kinds, REFRESH, options or {}, None, at)

    def reprice(self, kinds: Sequence[Kind], *, market_position: int, at: datetime) -> None:
        """Ask for figures that an import of market data concerns, each kind once per import."""
        unasked = [kind for kind in kinds if self._repriced.get(kind, 0) < market_position]
        if unasked:
            self._request(unasked, PRICES, {}, market_position, at)

    def _request(
        self,
        kinds: Sequence[Kind],
        reason: str,
        options: Mapping[str, Any],
        market_position: int | None,
        at: datetime,
    ) -> None:
        self.trigger_event(
            self.Requested,
            portfolio_id=self.portfolio_id,
            kinds=list(kinds),
            reason=reason,
            options=dict(options),
            market_position=market_position,
            effective_at=at,
        )

    @event(Requested)
    def _apply_request(self, kinds: list[str], market_position: int | None) -> None:
        if market_position is not None:
            self._repriced |= dict.fromkeys(kinds, market_position)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a computation found: a snapshot, or why there can be none.

    source_position : everything up to this event was seen.
    market_version : a number that grows with every import of market data that was seen.
    """

    source_position: int
    market_version: int
    snapshot: dict[str, Any] | None
    refusal: Missing | None = None


class Study(Aggregate):
    """The figures of one kind of one portfolio, each answer newer than the last.

    A figure answers everything up to the position it was computed for, so a request that comes again changes
    nothing.
    """

    KIND: ClassVar[Kind]
    Started: ClassVar[Any]
    Computed: ClassVar[Any]
    tenant_id: str
    portfolio_id: UUID

    @classmethod
    def of(cls, portfolio_id: UUID) -> UUID:
        """Return the id of the stream."""
        return uuid5(portfolio_id, cls.KIND)

    @classmethod
    def begin(cls, tenant_id: str, portfolio_id: UUID, *, at: datetime) -> Self:
        """Open the stream."""
        return cls.start(
            cls.Started,
            id=cls.of(portfolio_id),
            tenant_id=tenant_id,
            portfolio_id=portfolio_id,
            effective_at=at,
        )

    def _begin(self, tenant_id: str, portfolio_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.portfolio_id = portfolio_id
        self._answered: dict[str, int] = {}

    def answers(self, source_position: int, *, of: str = "") -> bool:
        """Return whether the newest figures have seen the event at a position.

        of : which figures, where there are several.
        """
        return source_position <= self._answered.get(of, 0)

    @property
    def has_figures(self) -> bool:
        """Whether anything was ever computed."""
        return bool(self._answered)

    def _said(self, found: Found, at: datetime) -> dict[str, Any]:
        return {"portfolio_id": self.portfolio_id, **msgspec.structs.asdict(found), "effective_at": at}

    def _apply(self, source_position: int, of: str = "") -> None:
        self._answered[of] = source_position


class RiskStudy(Study):
    """Risk figures, and the headline of the portfolio in lists."""

    TOPIC = "risk"
    KIND = "risk"

    class Started(Opened):
        TOPIC = "risk.started"
        tenant_id: str
        portfolio_id: UUID

    class Computed(Aggregate.Event):
        TOPIC = "risk.computed"
        portfolio_id: UUID
        source_position: int
        market_version: int
        snapshot: dict[str, Any] | None
        refusal: Missing | None
        headline: dict[str, Any]

    @event(Started)
    def __init__(self, tenant_id: str, portfolio_id: UUID) -> None:
        self._begin(tenant_id, portfolio_id)

    def compute(self, found: Found, headline: Mapping[str, Any], *, at: datetime) -> None:
        """Record figures."""
        self.trigger_event(self.Computed, headline=dict(headline), **self._said(found, at))

    @event(Computed)
    def _apply_computed(self, source_position: int) -> None:
        self._apply(source_position)


class FactorStudy(Study):
    """Factor loadings."""

    TOPIC = "factors"
    KIND = "factors"

    class Started(Opened):
        TOPIC = "factors.started"
        tenant_id: str
        portfolio_id: UUID

    class Computed(Aggregate.Event):
        TOPIC = "factors.computed"
        portfolio_id: UUID
        source_position: int
        market_version: int
        snapshot: dict[str, Any] | None
        refusal: Missing | None

    @event(Started)
    def __init__(self, tenant_id: str, portfolio_id: UUID) -> None:
        self._begin(tenant_id, portfolio_id)

    def compute(self, found: Found, *, at: datetime) -> None:
        """Record figures."""
        self.trigger_event(self.Computed, **self._said(found, at))

    @event(Computed)
    def _apply_computed(self, source_position: int) -> None:
        self._apply(source_position)


class AttributionStudy(Study):
    """Attributions of active return: one per period, dimension and linking."""

    TOPIC = "attribution"
    KIND = "attribution"

    class Started(Opened):
        TOPIC = "attribution.started"
        tenant_id: str
        portfolio_id: UUID

    class Computed(Aggregate.Event):
        TOPIC = "attribution.computed"
        portfolio_id: UUID
        source_position: int
        market_version: int
        period: str
        by: str
        linking: str
        snapshot: dict[str, Any] | None
        refusal: Missing | None

    @event(Started)
    def __init__(self, tenant_id: str, portfolio_id: UUID) -> None:
        self._begin(tenant_id, portfolio_id)

    def compute(self, found: Found, *, period: str, by: str, linking: str, at: datetime) -> None:
        """Record an attribution."""
        self.trigger_event(self.Computed, period=period, by=by, linking=linking, **self._said(found, at))

    @event(Computed)
    def _apply_computed(self, source_position: int, period: str, by: str, linking: str) -> None:
        self._apply(source_position, attribution_key(period, by, linking))


def attribution_key(period: str, by: str, linking: str) -> str:
    """Return what tells one attribution of a portfolio from its others."""
    return f"{period}/{by}/{linking}"
