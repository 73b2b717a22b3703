"""Which events make figures of a portfolio out of date, and which ask for them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from application.inbox import Message
from domain.analysis import REFRESH, Analysis, Kind
from domain.holdings import Holdings
from domain.portfolio import Portfolio
from projections.published.catalogue import type_of

REQUESTED = type_of(Analysis.Requested)
REVISED = type_of(Portfolio.Revised)
POSITIONS_CHANGED = type_of(Holdings.PositionsChanged)
CHANGES = frozenset(
    {
        POSITIONS_CHANGED,
        type_of(Holdings.PositionsImported),
        type_of(Holdings.ImportReverted),
        type_of(Holdings.CashMoved),
        type_of(Portfolio.Restored),
    }
)


class _Requested(msgspec.Struct):
    kinds: list[str]
    reason: str
    options: dict[str, Any]


class _Revised(msgspec.Struct):
    changes: dict[str, msgspec.Raw]


class _Changed(msgspec.Struct):
    import_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Figures wanted that have seen everything up to a position; `options` say which, where there are several.

    requested : somebody waits for them, so that even an empty answer is one.
    """

    position: int
    requested: bool = False
    options: dict[str, Any] = field(default_factory=dict)


def questions_of(messages: Sequence[Message], kind: Kind) -> list[Question]:
    """Return what the messages of one portfolio ask of those who compute one kind of figures, oldest first."""
    found = (_asked(message, kind) for message in messages)
    return [question for question in found if question is not None]


def _asked(message: Message, kind: Kind) -> Question | None:
    if message.event_type == REQUESTED:
        request = msgspec.json.decode(message.data, type=_Requested)
        if kind not in request.kinds:
            return None
        return Question(
            position=message.position, requested=request.reason == REFRESH, options=request.options
        )
    return Question(position=message.position) if _matters(message) else None


def _matters(message: Message) -> bool:
    if message.event_type == REVISED:
        return "benchmark_ticker" in msgspec.json.decode(message.data, type=_Revised).changes
    if message.event_type == POSITIONS_CHANGED:  # part of an import: its summary follows and asks once
        return msgspec.json.decode(message.data, type=_Changed).import_id is None
    return message.event_type in CHANGES
