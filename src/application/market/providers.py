"""Where market data can be asked for online: the port, and what a provider answers.

What comes back is written as files of market data are, and imported the same way, so that it passes the same checks.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

import msgspec


class ProvidedBar(msgspec.Struct, frozen=True, kw_only=True):
    """One day: prices in the instrument's currency, volume in units, what an action did that day."""

    day: date
    open: float | None
    high: float | None
    low: float | None
    close: float
    adjusted_close: float | None
    volume: float | None
    dividend: float = 0.0
    split: float = 1.0


class ProvidedInstrument(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of an instrument, and its days."""

    ticker: str
    name: str | None
    exchange: str | None
    currency: str | None
    bars: Sequence[ProvidedBar]


class ProviderFailed(Exception):
    """The provider did not answer, or refused; the message is a sentence for whoever asked."""


class MarketDataProvider(Protocol):
    """A source of daily prices."""

    @property
    def name(self) -> str:
        """What the figures' source is called."""

    async def instrument(self, symbol: str, *, start: date, end: date) -> ProvidedInstrument:
        """Return an instrument and its bars between two days, both included.

        Raises
        ------
        ProviderFailed
            If it is unknown there, or the provider cannot be asked.
        """
