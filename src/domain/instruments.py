"""The registry of instruments of one tenant: stable ids behind tickers that move and files that disagree."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID, uuid5

import msgspec
from eventsourcing.domain import event

from domain.aggregate import Aggregate, Opened
from domain.named_ids import NamedIds

INSTRUMENTS_PER_EVENT = 500
REGISTRY = UUID("6f1d7f5a-55a7-5d0c-9d0f-7a1f3b0c2e61")
IDENTIFIERS = ("figi", "isin", "cusip", "sedol", "ticker")
DISTINGUISHING = ("figi", "isin", "cusip", "sedol", "exchange", "currency")


class Instrument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one listing; `exchange` is a MIC, `currency` an ISO 4217 code."""

    instrument_id: UUID
    ticker: str | None = None
    name: str | None = None
    figi: str | None = None
    isin: str | None = None
    cusip: str | None = None
    sedol: str | None = None
    exchange: str | None = None
    currency: str | None = None


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What one row says of its instrument; absent is None."""

    ticker: str | None = None
    name: str | None = None
    figi: str | None = None
    isin: str | None = None
    cusip: str | None = None
    sedol: str | None = None
    exchange: str | None = None
    currency: str | None = None


def registry_id(tenant_id: str) -> UUID:
    """Return the id of a tenant's registry."""
    return uuid5(REGISTRY, tenant_id)


class Instruments(Aggregate):
    """Resolves what files and clients call an instrument, and remembers each name it learns."""

    TOPIC = "instruments"

    class Started(Opened):
        TOPIC = "instruments.started"
        tenant_id: str

    class Described(Aggregate.Event):
        TOPIC = "instruments.described"
        instruments: list[Instrument]

    @event(Started)
    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        self._known: dict[UUID, Instrument] = {}
        self._by_name: dict[tuple[str, str], list[UUID]] = defaultdict(list)

    def resolve(self, descriptions: Sequence[Description], *, at: datetime) -> list[Instrument]:
        """Return the instrument of every description, registering the new and learning new names."""
        learned: dict[UUID, Instrument] = {}
        named = NamedIds(self.id)
        found = [self._resolve_one(description, learned, named) for description in descriptions]
        news = iter(learned.values())
        while pack := list(islice(news, INSTRUMENTS_PER_EVENT)):
            self.trigger_event(self.Described, instruments=pack, effective_at=at)
        return [self._known[instrument_id] for instrument_id in found]

    @event(Described)
    def _apply_described(self, instruments: list[Instrument]) -> None:
        for instrument in instruments:
            if self._known.get(instrument.instrument_id) is not instrument:  # as it is while resolving
                self._remember(instrument)

    def _resolve_one(
        self, description: Description, learned: dict[UUID, Instrument], named: NamedIds
    ) -> UUID:
        known = self.find(description)
        merged = (
            Instrument(instrument_id=self._new_id(description, named), **msgspec.structs.asdict(description))
            if known is None
            else _merged(known, description)
        )
        if merged != known:
            learned[merged.instrument_id] = merged
            self._remember(merged)
        return merged.instrument_id

    def find(self, description: Description) -> Instrument | None:
        """Return the first known instrument that shares a name with the description and contradicts nothing.

        The names are tried from the most to the least precise: FIGI, ISIN, CUSIP, SEDOL, ticker. Two
        listings of one ISIN differ in currency or exchange and stay two instruments.
        """
        for name, value in _names(description):
            for instrument_id in self._by_name.get((name, value), ()):
                known = self._known[instrument_id]
                if not _contradicts(known, description):
                    return known
        return None

    def _remember(self, instrument: Instrument) -> None:
        self._known[instrument.instrument_id] = instrument
        for name in _names(instrument):
            ids = self._by_name[name]
            if instrument.instrument_id not in ids:
                ids.append(instrument.instrument_id)

    def _new_id(self, description: Description, named: NamedIds) -> UUID:
        return named(f"{len(self._known)}:{description.isin}:{description.ticker}")


def _names(described: Instrument | Description) -> Iterator[tuple[str, str]]:
    for name in IDENTIFIERS:
        value = getattr(described, name)
        if value:
            yield name, value
            if name == "isin" and value[:2] in ("US", "CA"):
                yield "cusip", value[2:11]  # an American ISIN carries the CUSIP


def _contradicts(known: Instrument, description: Description) -> bool:
    for name in DISTINGUISHING:
        said = getattr(description, name)
        if said and getattr(known, name) not in (None, said):
            return True
    return False


def _merged(known: Instrument, description: Description) -> Instrument:
    news = {
        name: said
        for name in Description.__struct_fields__
        if (said := getattr(description, name)) and getattr(known, name) is None
    }
    return msgspec.structs.replace(known, **news) if news else known
