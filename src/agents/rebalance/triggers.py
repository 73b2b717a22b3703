"""Which events make the agent look at a portfolio, and what they ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from application.inbox import Message
from domain.analysis import DRIFT, Analysis
from domain.holdings import Holdings
from domain.portfolio import POLICY_FIELDS, Portfolio
from projections.published.catalogue import type_of

REQUESTED = type_of(Portfolio.RebalanceRequested)
REVISED = type_of(Portfolio.Revised)
ANALYSIS_REQUESTED = type_of(Analysis.Requested)
POSITIONS_CHANGED = type_of(Holdings.PositionsChanged)
TRIGGERS = frozenset(
    {
        REQUESTED,
        REVISED,
        ANALYSIS_REQUESTED,
        POSITIONS_CHANGED,
        type_of(Holdings.PositionsImported),
        type_of(Holdings.ImportReverted),
        type_of(Holdings.CashMoved),
        type_of(Portfolio.TargetSet),
        type_of(Portfolio.TargetRemoved),
        type_of(Portfolio.Archived),
        type_of(Portfolio.Restored),
    }
)


class _Asked(msgspec.Struct):
    force: bool
    options: dict[str, Any]


class _Revised(msgspec.Struct):
    changes: dict[str, msgspec.Raw]


class _Analysis(msgspec.Struct):
    kinds: list[str]


class _Changed(msgspec.Struct):
    import_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the events of one portfolio, up to a position, ask of the agent.

    options : what a request replaces of the portfolio's policy; None where nobody requested anything.
    """

    source_position: int
    triggers: tuple[str, ...]
    forced: bool = False
    options: dict[str, Any] | None = None


def question_of(messages: Sequence[Message]) -> Question | None:
    """Return what the messages ask together, oldest first, or None where they ask nothing.

    One `force` forces; of several requests the newest chooses the options.
    """
    asking = [message for message in messages if _asks(message)]
    if not asking:
        return None
    requests = [_asked(message) for message in asking if message.event_type == REQUESTED]
    return Question(
        source_position=asking[-1].position,
        triggers=tuple(dict.fromkeys(message.event_type for message in asking)),
        forced=any(request.force for request in requests),
        options=requests[-1].options if requests else None,
    )


def _asks(message: Message) -> bool:
    if message.event_type == REVISED:
        return bool(POLICY_FIELDS & msgspec.json.decode(message.data, type=_Revised).changes.keys())
    if message.event_type == POSITIONS_CHANGED:  # part of an import: its summary follows and asks once
        return msgspec.json.decode(message.data, type=_Changed).import_id is None
    if message.event_type == ANALYSIS_REQUESTED:
        return DRIFT in msgspec.json.decode(message.data, type=_Analysis).kinds
    return message.event_type in TRIGGERS


def _asked(message: Message) -> _Asked:
    return msgspec.json.Decoder(_Asked, float_hook=Decimal).decode(message.data)
