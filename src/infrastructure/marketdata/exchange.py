"""Exchange rates as one tenant sees them: its own, then the shared ones, then the European Central Bank's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from application.market.history import Days, ExchangeRates
from infrastructure.marketdata.ecb import PENCE
from infrastructure.marketdata.ecb_series import per_euro
from infrastructure.marketdata.fixings import NEVER, Fixings, RateSeries, last_fixings, preferred

Pairs = Mapping[tuple[str, str], RateSeries]
"""Units of the second currency per unit of the first."""


@dataclass(frozen=True, slots=True)
class ExchangeBook:
    """Imported rates of a tenant, with the bank behind them."""

    own: Pairs = field(default_factory=dict)
    shared: Pairs = field(default_factory=dict)

    def rates(self, source: str, target: str, on: Days) -> ExchangeRates:
        """Return units of `target` per unit of `source` on each day."""
        if source == target:
            return ExchangeRates(source=source, target=target, rates=np.ones(len(on)), fixed_on=on)
        main_source, source_unit = PENCE.get(source, (source, 1))
        main_target, target_unit = PENCE.get(target, (target, 1))
        found = self._between(main_source, main_target, on)
        return ExchangeRates(
            source=source,
            target=target,
            rates=found.rates * float(source_unit / target_unit),
            fixed_on=found.fixed_on,
        )

    def _between(self, source: str, target: str, on: Days) -> Fixings:
        if source == target:
            return Fixings(np.ones(len(on)), on)
        choices = [
            _imported(self.own, source, target, on),
            _imported(self.shared, source, target, on),
            _of_the_bank(source, target, on),
        ]
        found = [choice for choice in choices if choice is not None] or self._mixed(source, target, on)
        return preferred(found, on) if found else Fixings(np.full(len(on), np.nan), np.full(len(on), NEVER))

    def _mixed(self, source: str, target: str, on: Days) -> list[Fixings]:
        """Rates of which an import knows one half and the bank the other."""
        found = []
        for pairs in (self.own, self.shared):
            for hub in _neighbours(pairs, source):
                found.append(_times(_leg(pairs, source, hub, on), _of_the_bank(hub, target, on)))
            for hub in _neighbours(pairs, target):
                found.append(_times(_of_the_bank(source, hub, on), _leg(pairs, hub, target, on)))
        return [fixings for fixings in found if fixings is not None]


def _imported(pairs: Pairs, source: str, target: str, on: Days) -> Fixings | None:
    direct = _leg(pairs, source, target, on)
    if direct is not None:
        return direct
    hubs = [hub for hub in _neighbours(pairs, source) if hub in _neighbours(pairs, target)]
    crosses = [_times(_leg(pairs, source, hub, on), _leg(pairs, hub, target, on)) for hub in hubs]
    found = [cross for cross in crosses if cross is not None]
    return preferred(found, on) if found else None


def _leg(pairs: Pairs, source: str, target: str, on: Days) -> Fixings | None:
    found = []
    if (direct := pairs.get((source, target))) is not None:
        found.append(last_fixings(direct, on))
    if (inverse := pairs.get((target, source))) is not None:
        found.append(last_fixings(inverse, on).inverse)
    return preferred(found, on) if found else None


def _neighbours(pairs: Pairs, currency: str) -> list[str]:
    beside = {target for source, target in pairs if source == currency}
    return sorted(beside | {source for source, target in pairs if target == currency})


def _of_the_bank(source: str, target: str, on: Days) -> Fixings | None:
    if source == target:
        return Fixings(np.ones(len(on)), on)
    from_euro, to_euro = per_euro(source, on), per_euro(target, on)
    return None if from_euro is None or to_euro is None else from_euro.inverse.times(to_euro)


def _times(first: Fixings | None, second: Fixings | None) -> Fixings | None:
    return None if first is None or second is None else first.times(second)
