"""Exchange rates as one tenant sees them: its own, then the shared ones, then the European Central Bank's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from application.market.history import Days, ExchangeRates
from infrastructure.marketdata.ecb import PENCE
from infrastructure.marketdata.ecb_series import per_euro
from infrastructure.marketdata.fixings import Fixings, RateSeries, filled, last_fixings, preferred, unknown

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
        found = preferred(choices, on)
        if np.isnat(found.fixed_on).any():
            found = filled(found, preferred(self._mixed(source, target, on), on))
        return found

    def _mixed(self, source: str, target: str, on: Days) -> list[Fixings]:
        """Rates of which an import knows one half and the bank the other."""
        found = []
        for pairs in (self.own, self.shared):
            for hub in _neighbours(pairs, source):
                found.append(_leg(pairs, source, hub, on).times(_of_the_bank(hub, target, on)))
            for hub in _neighbours(pairs, target):
                found.append(_of_the_bank(source, hub, on).times(_leg(pairs, hub, target, on)))
        return found


def _imported(pairs: Pairs, source: str, target: str, on: Days) -> Fixings:
    if not pairs:
        return unknown(on)
    hubs = [hub for hub in _neighbours(pairs, source) if hub in _neighbours(pairs, target)]
    crosses = [_leg(pairs, source, hub, on).times(_leg(pairs, hub, target, on)) for hub in hubs]
    return filled(_leg(pairs, source, target, on), preferred(crosses, on))


def _leg(pairs: Pairs, source: str, target: str, on: Days) -> Fixings:
    found = []
    if (direct := pairs.get((source, target))) is not None:
        found.append(last_fixings(direct, on))
    if (inverse := pairs.get((target, source))) is not None:
        found.append(last_fixings(inverse, on).inverse)
    return preferred(found, on)


def _neighbours(pairs: Pairs, currency: str) -> list[str]:
    beside = {target for source, target in pairs if source == currency}
    return sorted(beside | {source for source, target in pairs if target == currency})


def _of_the_bank(source: str, target: str, on: Days) -> Fixings:
    if source == target:
        return Fixings(np.ones(len(on)), on)
    from_euro, to_euro = per_euro(source, on), per_euro(target, on)
    return unknown(on) if from_euro is None or to_euro is None else from_euro.inverse.times(to_euro)
