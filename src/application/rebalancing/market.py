"""What may be traded, and the programme's view of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from analytics.rebalance import Problem
from domain.drift import ALLOCATION_TYPES, CASH_BUCKET, Exposure, Target, band_edges, bucket_keys
from domain.policy import RebalanceOptions
from domain.trades import BPS, Candidate, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Names in the order that breaks ties, held ones first, with the targets and rules of one rebalance."""

    names: tuple[Exposure, ...]
    held: int
    cash: Decimal
    total: Decimal
    targets: tuple[Target, ...]
    threshold: Decimal
    options: RebalanceOptions
    long_only: bool
    precision: Precision

    @property
    def cash_floor(self) -> Decimal:
        """Money that must stay in cash."""
        return max(self.options.cash_buffer, Decimal(0)) * self.total

    def is_barred(self, name: Exposure) -> bool:
        """Whether the name is on the do-not-trade list."""
        return name.ticker.casefold() in {ticker.casefold() for ticker in self.options.do_not_trade}

    def members(self, target: Target) -> list[Exposure]:
        """Names that count towards a target."""
        key = target.bucket.casefold()
        return [name for name in self.names if key in bucket_keys(name, target.allocation_type)]

    def rounding(self) -> float:
        """Fraction of total value by which rounding (and the solver's tolerance) may move a bucket."""
        dearest = max((name.price for name in self.names), default=Decimal(0))
        step = Decimal(0) if self.options.whole_shares else self.precision.step * dearest
        return float(3 * (self.precision.cent + step) / self.total) + 2e-8

    def problem(self, *, caution: float) -> Problem:
        """State the programme; buckets stay `caution` times the rounding inside their edges."""
        lower, upper = self._edges(caution * self.rounding())
        membership = self._membership()
        security = np.array([target.allocation_type == "security" for target in self.targets], dtype=np.bool_)
        tradable = np.array([not self.is_barred(name) for name in self.names], dtype=np.bool_)
        options = self.options
        return Problem(
            value=_floats([name.value for name in self.names]),
            units=_floats([name.quantity for name in self.names]),
            price=_floats([name.price for name in self.names]),
            may_buy=tradable,
            may_sell=tradable,
            is_new=np.arange(len(self.names)) >= self.held,
            own_target=np.asarray(membership[security].any(axis=0), dtype=np.bool_),
            membership=membership,
            family=np.array([ALLOCATION_TYPES.index(t.allocation_type) for t in self.targets], dtype=np.intp),
            holds_cash=np.array([_is_cash(target) for target in self.targets], dtype=np.bool_),
            lower=lower,
            upper=upper,
            target=_floats([target.target_weight for target in self.targets]),
            cash=float(self.cash),
            cash_floor=float(self.cash_floor) + self._spare(caution),
            long_only=self.long_only,
            to_target=options.to == "target",
            whole_shares=options.whole_shares,
            min_trade=float(options.min_trade_value),
            cost_rate=float(options.cost_bps / BPS),
            fixed_cost=float(options.fixed_cost),
        )

    def _spare(self, caution: float) -> float:
        """Money set aside for rounding once a first attempt has failed."""
        return max(caution - 1, 0.0) * self.rounding() * float(self.total)

    def _membership(self) -> NDArray[np.bool_]:
        keys = {kind: [bucket_keys(name, kind) for name in self.names] for kind in ALLOCATION_TYPES}
        rows = [[t.bucket.casefold() in own for own in keys[t.allocation_type]] for t in self.targets]
        return np.array(rows, dtype=np.bool_).reshape(len(self.targets), len(self.names))

    def _edges(self, margin: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Edges drawn in by the margin, but not past each other, nor where nothing lies beyond them."""
        edges = [band_edges(target, self.threshold) for target in self.targets]
        lower, upper = _floats([low for low, _ in edges]), _floats([high for _, high in edges])
        margin_each = np.minimum(margin, np.maximum(upper - lower, 0.0) / 4)
        inner_low = np.where(lower > 0, lower + margin_each, lower)
        inner_high = np.where(upper < 1, upper - margin_each, upper)
        return inner_low, np.maximum(inner_high, inner_low)


def open_market(
    exposures: Sequence[Exposure],
    universe: Sequence[Candidate],
    cash: Decimal,
    targets: Sequence[Target],
    threshold: Decimal,
    options: RebalanceOptions,
    long_only: bool,
    precision: Precision,
) -> Market:
    """Put names and targets in their order; a candidate that is held already is not needed."""
    held = sorted(exposures, key=lambda one: (one.ticker.casefold(), one.account, one.position_id))
    known = {one.ticker.casefold() for one in held} | {str(one.instrument_id) for one in held}
    new = [one for one in universe if not {one.ticker.casefold(), str(one.instrument_id)} & known]
    new.sort(key=lambda one: (one.ticker.casefold(), one.account, one.instrument_id))
    return Market(
        names=(*held, *(_as_exposure(one) for one in new)),
        held=len(held),
        cash=cash,
        total=sum((one.value for one in held), cash),
        targets=tuple(sorted(targets, key=lambda one: (one.allocation_type, one.bucket.casefold()))),
        threshold=threshold,
        options=options,
        long_only=long_only,
        precision=precision,
    )


def bucket_name(target: Target) -> str:
    """How a bucket is called in words."""
    return f"{target.allocation_type} {target.bucket}"


def _as_exposure(candidate: Candidate) -> Exposure:
    return Exposure(
        position_id=candidate.instrument_id,
        instrument_id=candidate.instrument_id,
        ticker=candidate.ticker,
        account=candidate.account,
        asset_class=candidate.asset_class,
        sector=candidate.sector,
        geography=candidate.geography,
        isin=candidate.isin,
        quantity=Decimal(0),
        price=candidate.price,
        value=Decimal(0),
    )


def _is_cash(target: Target) -> bool:
    return target.allocation_type == "asset_class" and target.bucket.casefold() == CASH_BUCKET


def _floats(values: Sequence[Decimal]) -> NDArray[np.float64]:
    return np.array([float(value) for value in values], dtype=np.float64)
