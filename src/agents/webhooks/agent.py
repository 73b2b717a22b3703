"""The agent that turns published events into deliveries; sending them is not its business."""

from collections.abc import Sequence

from application.inbox import Message
from application.webhooks.outbox import Announcement, Outbox
from application.webhooks.payload import payload
from domain.market import SHARED
from projections.published.subscriptions import names_of


class WebhookAgent:
    """Announces the events that endpoints can ask for. What belongs to all tenants is no tenant's news."""

    name = "webhooks"

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def handle(self, messages: Sequence[Message]) -> None:
        """Note every delivery that the messages lead to; a repeated message leads to none."""
        news = [
            announcement(message, names)
            for message in messages
            if message.tenant != SHARED and (names := names_of(message.event_type))
        ]
        if news:
            await self._outbox.announce(news)


def announcement(message: Message, names: tuple[str, ...]) -> Announcement:
    """Return what is told of a message."""
    return Announcement(
        tenant_id=message.tenant,
        event_id=message.event_id,
        event_type=message.event_type,
        names=names,
        position=message.position,
        happened_at=message.attributes["time"],
        body=payload(message).decode(),
    )
