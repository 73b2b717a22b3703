"""What a webhook can be asked for: published types, and short names for what people mean by several of them."""

from collections.abc import Mapping
from typing import Final

from domain.holdings import Holdings
from domain.rebalancing import Rebalancing
from projections.published.catalogue import (
    ATTRIBUTION_COMPUTED,
    CATALOGUE,
    FACTORS_COMPUTED,
    MARKET_IMPORTED,
    OPTIMIZATION_FINISHED,
    OPTIMIZATION_PROGRESS,
    OPTIMIZATION_REQUESTED,
    PORTFOLIO_EVENTS,
    RISK_COMPUTED,
    type_of,
)

TEST_TYPE: Final = "webhook.test"
"""What `POST …/test` sends; it needs no subscription."""


def _on(*streams: str) -> tuple[str, ...]:
    return tuple(kind.event_type for kind in CATALOGUE if kind.stream in streams)


GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "recommendation.made": (type_of(Rebalancing.Recommended),),
    "import.done": (type_of(Holdings.PositionsImported), *_on(MARKET_IMPORTED)),
    "job.finished": _on(RISK_COMPUTED, FACTORS_COMPUTED, ATTRIBUTION_COMPUTED, OPTIMIZATION_FINISHED),
}
"""Short names with the types they stand for; what a later version finishes or imports joins its group."""

_OF_PORTFOLIOS: Final = (type_of(Holdings.PositionsImported), type_of(Holdings.ImportReverted))
_ON_STREAMS_ALONE: Final = (PORTFOLIO_EVENTS, OPTIMIZATION_REQUESTED, OPTIMIZATION_PROGRESS)
TYPES: Final[Mapping[str, str]] = {
    kind.event_type: kind.summary
    for kind in CATALOGUE
    if kind.stream not in _ON_STREAMS_ALONE or kind.event_type in _OF_PORTFOLIOS
}
"""The types that are sent, with what they mean. Single changes and steps are on the streams, not here."""

NAMES: Final = frozenset(GROUPS) | frozenset(TYPES)
"""Everything an endpoint can ask for."""

STREAMS_READ: Final = tuple(dict.fromkeys(kind.stream for kind in CATALOGUE if kind.event_type in TYPES))
"""The streams on which these types come."""


def names_of(event_type: str) -> tuple[str, ...]:
    """Return every name that asks for a type; none where it is not sent."""
    if event_type not in TYPES:
        return ()
    return (event_type, *(group for group, types in GROUPS.items() if event_type in types))
