"""The write side's one way in: load aggregates, let them decide, append what they decided."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Generic, ParamSpec, Protocol, TypeVar
from uuid import UUID

from application.caller import Caller
from application.idempotency import KeyedAnswer
from domain.aggregate import Aggregate
from domain.analysis import Analysis, AttributionStudy, FactorStudy, RiskStudy, Study, analysis_id
from domain.errors import Conflict, PreconditionFailed
from domain.holding_facts import holdings_id
from domain.holdings import Holdings
from domain.instruments import Instruments, registry_id
from domain.optimization import OptimizationJob, OptimizationNotFound
from domain.portfolio import Portfolio, PortfolioNotFound
from domain.rebalancing import Rebalancing, rebalancing_id

A = TypeVar("A", bound=Aggregate)
S = TypeVar("S", bound=Study)
P = ParamSpec("P")
T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
ATTEMPTS = 4
"""One try and three more after a lost race."""

Expected = Callable[[int], bool]
"""Says whether a version is one the caller has seen."""


class LostRace(Conflict):
    """Somebody else changed the same thing first, and did so again on every retry."""

    def __init__(self) -> None:
        super().__init__("Another change of the same thing came first; read it again and retry.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """Events of one command, all or nothing, with the answer to remember beside them."""

    caller: Caller
    events: Sequence[Any]
    answer: KeyedAnswer | None = None


Stream = tuple[type[Aggregate], UUID]
"""An aggregate by its kind and id."""


class EventStore(Protocol):
    """Where streams come from and where events go."""

    def checkout(
        self, streams: Sequence[Stream], *, tenant: str
    ) -> AbstractAsyncContextManager[Sequence[Aggregate | None]]:
        """Lend streams, brought up to their newest events, to one command at a time; None where there is none."""

    async def append(self, append: Append) -> int:
        """Make the events durable and return the position of the last; raises LostRace."""


class Remember(Protocol[T_contra]):
    """Turns a result into the answer that is stored with its events; None where nobody will ask again."""

    def __call__(self, result: T_contra, /) -> KeyedAnswer | None:
        """Return the answer to keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[T]):
    """A result, and where its events stand; no position where there was nothing to record."""

    result: T
    position: int | None


def forget(_: object) -> None:
    """Remember no answer."""


def retried(command: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Load again and decide again when somebody else was faster, three times at most."""

    @wraps(command)
    async def attempt(*args: P.args, **kwargs: P.kwargs) -> T:
        for left in reversed(range(ATTEMPTS)):
            try:
                return await command(*args, **kwargs)
            except LostRace:
                if not left:
                    raise
        raise AssertionError("unreachable")

    return attempt


class Unit:
    """One command at work: what it has loaded, and the moment it happens at."""

    def __init__(self, store: EventStore, stack: AsyncExitStack, caller: Caller, now: datetime) -> None:
        self._store, self._stack = store, stack
        self._lent: dict[UUID, Aggregate | None] = {}
        self.caller, self.now = caller, now

    async def take(self, *streams: Stream) -> None:
        """Load several streams in one round trip, in the ledger's order; whoever asks for them then finds them here."""
        checkout = self._store.checkout(streams, tenant=self.caller.tenant)
        lent = await self._stack.enter_async_context(checkout)
        self._lent |= dict(zip((aggregate_id for _, aggregate_id in streams), lent, strict=True))

    async def portfolio(self, portfolio_id: UUID, expected: Expected | None = None) -> Portfolio:
        """Load a portfolio.

        Raises
        ------
        PortfolioNotFound
            If the caller's tenant has none of that id.
        PreconditionFailed
            If `expected` refuses its version.
        """
        portfolio = await self._load(Portfolio, portfolio_id)
        if portfolio is None:
            raise PortfolioNotFound(portfolio_id)
        if expected is not None and not expected(portfolio.version):
            raise PreconditionFailed("The portfolio has changed.", current_version=portfolio.version)
        return portfolio

    async def holdings(self, portfolio_id: UUID) -> Holdings:
        """Load what a portfolio holds, starting the stream where nothing was ever held."""
        known = await self._load(Holdings, holdings_id(portfolio_id))
        return known or self.start(
            Holdings.start(
                Holdings.Started,
                id=holdings_id(portfolio_id),
                tenant_id=self.caller.tenant,
                portfolio_id=portfolio_id,
                effective_at=self.now,
            )
        )

    async def instruments(self) -> Instruments:
        """Load the tenant's registry of instruments."""
        known = await self._load(Instruments, registry_id(self.caller.tenant))
        return known or self.start(
            Instruments.start(
                Instruments.Started,
                id=registry_id(self.caller.tenant),
                tenant_id=self.caller.tenant,
                effective_at=self.now,
            )
        )

    async def rebalancing(self, portfolio_id: UUID) -> Rebalancing:
        """Load the recommendations made for a portfolio."""
        known = await self._load(Rebalancing, rebalancing_id(portfolio_id))
        return known or self.start(
            Rebalancing.start(
                Rebalancing.Started,
                id=rebalancing_id(portfolio_id),
                tenant_id=self.caller.tenant,
                portfolio_id=portfolio_id,
                effective_at=self.now,
            )
        )

    async def analysis(self, portfolio_id: UUID) -> Analysis:
        """Load the requests for figures of a portfolio."""
        known = await self._load(Analysis, analysis_id(portfolio_id))
        return known or self.start(
            Analysis.start(
                Analysis.Started,
                id=analysis_id(portfolio_id),
                tenant_id=self.caller.tenant,
                portfolio_id=portfolio_id,
                effective_at=self.now,
            )
        )

    async def optimization(self, optimization_id: UUID) -> OptimizationJob:
        """Load an optimisation; raises OptimizationNotFound where the caller's tenant has none of that id."""
        job = await self._load(OptimizationJob, optimization_id)
        if job is None:
            raise OptimizationNotFound(optimization_id)
        return job

    async def study(self, kind: type[S], portfolio_id: UUID) -> S:
        """Load the figures of one kind of a portfolio."""
        known = await self._load(kind, kind.of(portfolio_id))
        return known or self.start(kind.begin(self.caller.tenant, portfolio_id, at=self.now))

    def start(self, aggregate: A) -> A:
        """Take in an aggregate that begins with this command."""
        self._lent[aggregate.id] = aggregate
        return aggregate

    async def commit(self, result: T, remember: Remember[T] = forget) -> Done[T]:
        """Append everything that was decided, together with the answer to remember; all or nothing."""
        answer = remember(result)
        aggregates = [aggregate for aggregate in self._lent.values() if aggregate is not None]
        events = [event for aggregate in aggregates for event in _decided(aggregate)]
        if not events and answer is None:
            return Done(result=result, position=None)
        position = await self._store.append(Append(caller=self.caller, events=events, answer=answer))
        for aggregate in aggregates:
            aggregate.collect_events()
        return Done(result=result, position=position)

    async def _load(self, aggregate_class: type[A], aggregate_id: UUID) -> A | None:
        if aggregate_id not in self._lent:  # else to wait for it would be to wait for oneself
            await self.take((aggregate_class, aggregate_id))
        aggregate = self._lent[aggregate_id]
        return aggregate if isinstance(aggregate, aggregate_class) else None


def _decided(aggregate: Aggregate) -> Sequence[Any]:
    """Return the pending events; a stream that was only started, and nothing else, is not worth recording."""
    pending = aggregate.pending_events
    return () if len(pending) == 1 and _is_bare_start(pending[0]) else pending


_BARE_STARTS = (
    Holdings.Started,
    Instruments.Started,
    Rebalancing.Started,
    Analysis.Started,
    RiskStudy.Started,
    FactorStudy.Started,
    AttributionStudy.Started,
)


def _is_bare_start(event: object) -> bool:
    return isinstance(event, _BARE_STARTS)


class Ledger:
    """Opens a unit of work on the event store.

    A unit loads in one order everywhere (portfolio, holdings, instruments, rebalancing, analysis, studies), since
    each stream is lent to one command at a time.
    """

    def __init__(self, store: EventStore, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store, self._clock = store, clock

    @asynccontextmanager
    async def unit(self, caller: Caller) -> AsyncIterator[Unit]:
        """Begin a command; what it loaded goes back to the store when it ends."""
        async with AsyncExitStack() as stack:
            yield Unit(self._store, stack, caller, self._clock())
