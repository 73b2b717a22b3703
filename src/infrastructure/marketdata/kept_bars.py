"""Decoded bars, as many as fit: the longest unused go first."""

from collections import OrderedDict
from typing import Literal, TypeAlias
from weakref import WeakValueDictionary

from application.market.history import CorporateAction, Days
from infrastructure.marketdata.series import BarSeries

Parts: TypeAlias = tuple[BarSeries, BarSeries, tuple[CorporateAction, ...]]
"""What a tenant's series was made of: the shared bars, its own, splits and dividends."""
_Key: TypeAlias = tuple[Literal["layer", "whole"], str, int]
ENTRY_BYTES = 500
"""What an entry takes besides its arrays, about."""


class KeptBars:
    """Bars of each owner as imported, and of each tenant as it sees them.

    max_bytes : memory that the arrays may take; the newest entry stays even if it alone takes more.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[_Key, tuple[BarSeries, Parts | None]] = OrderedDict()
        self._days: WeakValueDictionary[bytes, Days] = WeakValueDictionary()
        self.n_bytes = 0

    def layer(self, owner: str, listing_id: int) -> BarSeries | None:
        """Return an owner's bars of a listing, None where they are not kept."""
        found = self._find(("layer", owner, listing_id))
        return None if found is None else found[0]

    def layers(self, owner: str) -> dict[int, BarSeries]:
        """Return all bars of an owner that are kept."""
        return {
            listing_id: bars
            for (kind, whose, listing_id), (bars, _) in self._kept.items()
            if kind == "layer" and whose == owner
        }

    def keep_layer(self, owner: str, listing_id: int, bars: BarSeries) -> BarSeries:
        """Keep an owner's bars; listings with the same days then share one array of them."""
        sharing = BarSeries(self._shared_days(bars.days), bars.close, bars.adjusted, bars.volume)
        self._put(("layer", owner, listing_id), sharing, None)
        return sharing

    def whole(self, tenant: str, listing_id: int, made_of: Parts) -> BarSeries | None:
        """Return a listing's bars as a tenant sees them, None where they are not kept or were made of others."""
        found = self._find(("whole", tenant, listing_id))
        if found is None:
            return None
        bars, parts = found
        if parts is None:
            return None
        return bars if all(one is other for one, other in zip(parts, made_of, strict=True)) else None

    def keep_whole(self, tenant: str, listing_id: int, made_of: Parts, bars: BarSeries) -> BarSeries:
        """Keep a listing's bars as a tenant sees them."""
        sharing = BarSeries(self._shared_days(bars.days), bars.close, bars.adjusted, bars.volume)
        self._put(("whole", tenant, listing_id), sharing, made_of)
        return sharing

    def _find(self, key: _Key) -> tuple[BarSeries, Parts | None] | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def _put(self, key: _Key, bars: BarSeries, parts: Parts | None) -> None:
        self._drop(key)
        self._kept[key] = (bars, parts)
        self.n_bytes += _size(bars)
        while self.n_bytes > self._max_bytes and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: _Key) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self.n_bytes -= _size(dropped[0])

    def _shared_days(self, days: Days) -> Days:
        return self._days.setdefault(days.tobytes(), days)


def _size(bars: BarSeries) -> int:
    return bars.n_bytes + ENTRY_BYTES
