"""The one list of what is published: relay, schemas and the AsyncAPI document are all written from it.

An event topic that is neither here nor among UNPUBLISHED is a mistake: a test finds it, and the relay stops
rather than skip it.
"""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from domain.analysis import Analysis, AttributionStudy, FactorStudy, RiskStudy
from domain.holdings import Holdings
from domain.instruments import Instruments
from domain.market import Market
from domain.optimization import OptimizationJob
from domain.portfolio import Portfolio
from domain.rebalancing import Rebalancing
from domain.risk import RiskSnapshot
from projections.published.content import (
    Changes,
    ChosenOptions,
    HoldBackContent,
    RecommendationContent,
    content_type,
    market_content_type,
    recommendation_content,
)
from projections.published.envelope import Envelope
from projections.published.optimizations import (
    OptimizationCancelled,
    OptimizationCompleted,
    OptimizationContent,
    OptimizationFailed,
    OptimizationMethodFinished,
    OptimizationRequested,
    OptimizationStarted,
)

PORTFOLIO_EVENTS = "pm:portfolio:events"
REBALANCE_RECOMMENDED = "pm:rebalance:recommended"
REBALANCE_DECIDED = "pm:rebalance:decided"
REBALANCE_HELD_BACK = "pm:rebalance:held-back"
RISK_COMPUTED = "pm:risk:computed"
FACTORS_COMPUTED = "pm:factors:computed"
ATTRIBUTION_COMPUTED = "pm:attribution:computed"
MARKET_IMPORTED = "pm:market:imported"
OPTIMIZATION_REQUESTED = "pm:optimization:requested"
OPTIMIZATION_PROGRESS = "pm:optimization:progress"
OPTIMIZATION_FINISHED = "pm:optimization:finished"

Content = Callable[[Any, Envelope], msgspec.Struct]


def _portfolio(content: Any) -> str:
    return f"portfolio/{content.portfolio_id}"


def _owner(content: Any) -> str:
    return f"market/{content.owner}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A Redis stream; one that is `kept` is never trimmed."""

    name: str
    summary: str
    kept: bool = False


STREAMS = (
    Stream(
        name=PORTFOLIO_EVENTS,
        summary="Every event of a portfolio, its positions, its cash and its target allocations.",
    ),
    Stream(
        name=REBALANCE_RECOMMENDED, summary="Recommendations to rebalance, complete with trades.", kept=True
    ),
    Stream(name=REBALANCE_DECIDED, summary="What became of a recommendation: accepted, declined or lapsed."),
    Stream(name=REBALANCE_HELD_BACK, summary="Why no recommendation is made although there is drift."),
    Stream(name=RISK_COMPUTED, summary="Risk figures of portfolios, computed anew."),
    Stream(name=FACTORS_COMPUTED, summary="Factor loadings of portfolios, computed anew."),
    Stream(name=ATTRIBUTION_COMPUTED, summary="Attributions of active return, computed anew."),
    Stream(
        name=MARKET_IMPORTED,
        summary="Market data was imported: prices, rates, instruments, benchmarks. The figures are in the database.",
    ),
    Stream(name=OPTIMIZATION_REQUESTED, summary="Optimisations that were asked for."),
    Stream(name=OPTIMIZATION_PROGRESS, summary="Optimisations that began, and each method that is done."),
    Stream(
        name=OPTIMIZATION_FINISHED,
        summary="Optimisations that came to an end: completed, failed or cancelled.",
    ),
)

UNPUBLISHED = frozenset(
    {
        Instruments.Started.TOPIC,  # the registry is the tenant's own vocabulary, not news of a portfolio
        Instruments.Described.TOPIC,
        Rebalancing.Started.TOPIC,  # says nothing that the first recommendation does not say
        Analysis.Started.TOPIC,  # nor do these say anything that the first event after them does not
        RiskStudy.Started.TOPIC,
        FactorStudy.Started.TOPIC,
        AttributionStudy.Started.TOPIC,
        Market.Started.TOPIC,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One kind of published event: its CloudEvents type, its stream, and how its content is told."""

    topic: str
    event_type: str
    stream: str
    summary: str
    data: type[msgspec.Struct]
    content: Content
    subject: Callable[[Any], str] = _portfolio


class UnknownTopic(LookupError):
    """An event of a kind this version does not know; a newer one has to publish it."""


def published(topic: str) -> Published | None:
    """Return how events of a topic are published, or None where deliberately they are not.

    Raises
    ------
    UnknownTopic
        If nobody has decided.
    """
    found = _BY_TOPIC.get(topic)
    if found is None and topic not in UNPUBLISHED:
        raise UnknownTopic(f"No decision whether {topic} is published; a newer version wrote it.")
    return found


def of_type(type_name: str) -> Published | None:
    """Return the published event of a CloudEvents type."""
    return _BY_TYPE.get(type_name)


def type_of(event_class: type[Any], version: int = 1) -> str:
    """Return the CloudEvents type of an event class: `pm.<subject>.<event>.v<version>`."""
    subject, _, name = event_class.TOPIC.partition(".")
    return f"pm.{'rebalance' if subject == 'rebalancing' else subject}.{name}.v{version}"


def _told(event_class: type[Any], summary: str, stream: str, **overrides: Any) -> Published:
    """Publish an event as it is stored."""
    data = content_type("".join(event_class.__qualname__.split(".")), event_class, **overrides)
    names = [
        name for name in data.__struct_fields__ if name not in ("portfolio_id", "effective_at", *overrides)
    ]

    def content(event: Any, envelope: Envelope) -> msgspec.Struct:
        attributes = {name: getattr(event, name) for name in names}
        for name, kind in overrides.items():
            attributes[name] = msgspec.convert(msgspec.to_builtins(getattr(event, name)), kind)
        return data(portfolio_id=_portfolio_of(event), effective_at=envelope.effective_at, **attributes)

    return Published(
        topic=event_class.TOPIC,
        event_type=type_of(event_class),
        stream=stream,
        summary=summary,
        data=data,
        content=content,
    )


def _imported(event_class: type[Any], summary: str) -> Published:
    """Publish that an owner's market data has news; the owner is the event's tenant, `*` for the shared set."""
    data = market_content_type(event_class)
    names = [name for name in data.__struct_fields__ if name not in ("owner", "effective_at")]

    def content(event: Any, envelope: Envelope) -> msgspec.Struct:
        attributes = {name: getattr(event, name) for name in names}
        return data(owner=envelope.tenant_id, effective_at=envelope.effective_at, **attributes)

    return Published(
        topic=event_class.TOPIC,
        event_type=type_of(event_class),
        stream=MARKET_IMPORTED,
        summary=summary,
        data=data,
        content=content,
        subject=_owner,
    )


def _computed(event_class: type[Any], summary: str, stream: str, snapshot: Any) -> Published:
    """Publish figures as they are stored; `snapshot` is the type that describes them."""
    told = _told(event_class, summary, stream)
    described = content_type(told.data.__name__, event_class, snapshot=snapshot | None)

    def content(event: Any, envelope: Envelope) -> msgspec.Struct:
        stored = told.content(event, envelope)
        return described(**{name: getattr(stored, name) for name in described.__struct_fields__})

    return dataclasses.replace(told, data=described, content=content)


def _of_job(event_class: type[Any], summary: str, stream: str, data: type[OptimizationContent]) -> Published:
    """Publish what happens to an optimisation, without its heavy parts."""
    return Published(
        topic=event_class.TOPIC,
        event_type=type_of(event_class),
        stream=stream,
        summary=summary,
        data=data,
        content=lambda event, envelope: data.of(event, envelope.effective_at),
        subject=lambda content: f"optimization/{content.optimization_id}",
    )


def _recommended(event: Rebalancing.Recommended, envelope: Envelope) -> RecommendationContent:
    return recommendation_content(
        event.recommendation, status="open", created_at=envelope.recorded_at, supersedes=event.supersedes
    )


def _held_back(event: Rebalancing.HeldBack, envelope: Envelope) -> HoldBackContent:
    told = msgspec.structs.asdict(event.hold_back)
    return HoldBackContent(
        effective_at=envelope.effective_at,
        **{name: told[name] for name in HoldBackContent.__struct_fields__ if name in told},
    )


def _portfolio_of(event: Any) -> UUID:
    portfolio_id: UUID = getattr(event, "portfolio_id", event.originator_id)
    return portfolio_id


def _catalogue() -> Iterator[Published]:
    of_portfolios: list[tuple[type[Any], str]] = [
        (Portfolio.Registered, "A portfolio was registered."),
        (Portfolio.Archived, "A portfolio was archived."),
        (Portfolio.Restored, "An archived portfolio was brought back."),
        (Portfolio.TargetSet, "A target allocation was set or changed."),
        (Portfolio.TargetRemoved, "A target allocation was removed."),
        (Holdings.Started, "A portfolio came to hold something for the first time."),
        (
            Holdings.PositionsChanged,
            "Positions and cash levels as they are from now on, up to 500 at a time.",
        ),
        (Holdings.PositionsImported, "An import is complete; its report."),
        (Holdings.ImportReverted, "An import was undone."),
        (Holdings.CashMoved, "Cash was deposited (positive) or withdrawn (negative)."),
    ]
    yield _told(Portfolio.Revised, "A portfolio's fields were changed.", PORTFOLIO_EVENTS, changes=Changes)
    yield _told(
        Portfolio.RebalanceRequested,
        "Somebody asked for a look at the drift now.",
        PORTFOLIO_EVENTS,
        options=ChosenOptions,
    )
    for event_class, summary in of_portfolios:
        yield _told(event_class, summary, PORTFOLIO_EVENTS)
    yield Published(
        topic=Rebalancing.Recommended.TOPIC,
        event_type=type_of(Rebalancing.Recommended),
        stream=REBALANCE_RECOMMENDED,
        summary="A recommendation to rebalance was made; it supersedes an open one.",
        data=RecommendationContent,
        content=_recommended,
    )
    yield _told(Rebalancing.Accepted, "A recommendation was accepted.", REBALANCE_DECIDED)
    yield _told(Rebalancing.Declined, "A recommendation was declined.", REBALANCE_DECIDED)
    yield _told(Rebalancing.Lapsed, "What a recommendation was made for is gone.", REBALANCE_DECIDED)
    yield Published(
        topic=Rebalancing.HeldBack.TOPIC,
        event_type=type_of(Rebalancing.HeldBack),
        stream=REBALANCE_HELD_BACK,
        summary="Drift calls for trades, but prices are too old to trade on.",
        data=HoldBackContent,
        content=_held_back,
    )
    yield _told(Analysis.Requested, "Figures of a portfolio are to be computed anew.", PORTFOLIO_EVENTS)
    yield _computed(RiskStudy.Computed, "Risk figures of a portfolio.", RISK_COMPUTED, RiskSnapshot)
    yield _told(FactorStudy.Computed, "Factor loadings of a portfolio.", FACTORS_COMPUTED)
    yield _told(AttributionStudy.Computed, "An attribution of active return.", ATTRIBUTION_COMPUTED)
    yield from _imports()
    yield from _optimizations()


def _imports() -> Iterator[Published]:
    yield _imported(Market.PricesImported, "Daily prices were imported: new ones, or corrections.")
    yield _imported(Market.FxImported, "Exchange rates were imported.")
    yield _imported(Market.RatesImported, "Interest rates were imported.")
    yield _imported(Market.FactorsImported, "Factor returns were imported.")
    yield _imported(Market.ActionsImported, "Splits and dividends were imported.")
    yield _imported(Market.InstrumentsImported, "Descriptions of instruments were imported.")
    yield _imported(Market.ConstituentsSet, "It was said what a benchmark consists of.")


def _optimizations() -> Iterator[Published]:
    job = OptimizationJob
    yield _of_job(
        job.Requested, "An optimisation was asked for.", OPTIMIZATION_REQUESTED, OptimizationRequested
    )
    yield _of_job(job.Started, "An optimisation began.", OPTIMIZATION_PROGRESS, OptimizationStarted)
    yield _of_job(
        job.MethodFinished,
        "A method of an optimisation is done, or failed for a reason that is told.",
        OPTIMIZATION_PROGRESS,
        OptimizationMethodFinished,
    )
    yield _of_job(
        job.Completed,
        "Every method of an optimisation was tried; its results can be read.",
        OPTIMIZATION_FINISHED,
        OptimizationCompleted,
    )
    yield _of_job(
        job.Failed, "An optimisation could not be computed.", OPTIMIZATION_FINISHED, OptimizationFailed
    )
    yield _of_job(
        job.Cancelled, "An optimisation was cancelled.", OPTIMIZATION_FINISHED, OptimizationCancelled
    )


CATALOGUE: tuple[Published, ...] = tuple(_catalogue())
_BY_TOPIC = {entry.topic: entry for entry in CATALOGUE}
_BY_TYPE = {entry.event_type: entry for entry in CATALOGUE}
