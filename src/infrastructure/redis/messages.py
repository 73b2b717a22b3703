"""Stream entries as messages, and back as dead letters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from application.inbox import OF_MARKET, OF_OPTIMIZATION, OF_PORTFOLIO, Message
from projections.published.documents import ATTRIBUTES

Fields = Mapping[bytes, bytes]


class NotOurs(ValueError):
    """An entry that the relay did not write."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An entry as a group handed it out; without fields where the stream has let it go."""

    stream: str
    entry_id: str
    fields: Fields = field(default_factory=dict)
    deliveries: int = 1


def message_of(delivery: Delivery) -> Message:
    """Return what a delivery says; raises NotOurs where it is no entry of the relay's."""
    text = {name.decode(errors="replace"): value for name, value in delivery.fields.items()}
    try:
        return Message(
            stream=delivery.stream,
            entry_id=delivery.entry_id,
            position=int(text["sequence"]),
            event_id=text["id"].decode(),
            event_type=text["type"].decode(),
            tenant=text["tenantid"].decode(),
            subject=_subject(text["subject"].decode()),
            correlation_id=text["correlationid"].decode(),
            traceparent=text["traceparent"].decode() if "traceparent" in text else None,
            data=text["data"],
            deliveries=delivery.deliveries,
            attributes={name: text[name].decode() for name in ATTRIBUTES if name in text},
        )
    except (KeyError, ValueError) as failure:
        raise NotOurs(f"Entry {delivery.entry_id} of {delivery.stream} is not ours: {failure!r}") from failure


def _subject(text: str) -> str:
    if not text.startswith(OF_MARKET):
        UUID(text.removeprefix(OF_PORTFOLIO).removeprefix(OF_OPTIMIZATION))
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Burial:
    """Why and when a delivery was put aside."""

    error: str
    traceback: str
    at: datetime
    sequence: str = ""

    def letter(self, delivery: Delivery, group: str) -> dict[bytes, bytes]:
        """Return the dead letter: the entry as it was, and beside it why it is here."""
        note = {
            "deadgroup": group,
            "deadstream": delivery.stream,
            "deadentry": delivery.entry_id,
            "deadsequence": self.sequence,
            "deaderror": self.error,
            "deadtraceback": self.traceback,
            "deaddeliveries": str(delivery.deliveries),
            "deadtime": self.at.isoformat(),
        }
        return {**delivery.fields, **{name.encode(): value.encode() for name, value in note.items()}}
