"""What a decision is made from, and a fingerprint by which the same state is known again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from application.rebalancing.sight import Sight
from domain.drift import Target
from domain.holding_facts import Position
from domain.holdings import Holdings
from domain.policy import RebalanceOptions
from domain.portfolio import Portfolio
from domain.price_age import Dated
from domain.rebalancing import Rebalancing
from domain.trades import Candidate
from domain.valuation import Valuation, value_holdings


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One portfolio as it stands: its policy, what it is worth, and what was last recommended.

    facts : fingerprint of what is held and wanted, at which prices; exchange rates are no part of it, since they
        move every day and nobody did anything.
    recommended : the fingerprint that the last recommendation noted; `held_back` that of the last hold-back.
    price_days : ticker and day of every price that trades would be made at.
    """

    portfolio_id: UUID
    is_active: bool
    long_only: bool
    policy_version: int
    threshold: Decimal
    policy: RebalanceOptions
    targets: tuple[Target, ...]
    valuation: Valuation
    facts: str
    candidates: tuple[Candidate, ...]
    price_days: tuple[Dated, ...]
    clock: date
    has_open: bool
    recommended: str | None
    held_back: str | None


def state_of(portfolio: Portfolio, holdings: Holdings, rebalancing: Rebalancing, *, sight: Sight) -> State:
    """Return the newest state, valued at what is seen of the market."""
    positions, balances = [one.position for one in sight.held], holdings.balances()
    valuation = value_holdings(
        positions, balances, currency=portfolio.currency, on=sight.on, rates=sight.rates
    )
    return State(
        portfolio_id=portfolio.id,
        is_active=portfolio.is_active,
        long_only=portfolio.long_only,
        policy_version=portfolio.policy_version,
        threshold=portfolio.rebalance_threshold,
        policy=portfolio.rebalance_policy,
        targets=tuple(portfolio.targets.values()),
        valuation=valuation,
        facts=fingerprint(portfolio, positions, balances, sight.candidates),
        candidates=tuple(sight.candidates),
        price_days=(
            *((held.ticker, held.price_date) for held in positions if held.current_price is not None),
            *(
                (candidate.ticker, day)
                for candidate, day in zip(sight.candidates, sight.candidate_days, strict=True)
            ),
        ),
        clock=sight.clock,
        has_open=rebalancing.open_id is not None,
        recommended=rebalancing.state_hash,
        held_back=rebalancing.held_back_hash,
    )


def fingerprint(
    portfolio: Portfolio,
    positions: Iterable[Position],
    balances: dict[tuple[str, str], Decimal],
    candidates: Iterable[Candidate] = (),
) -> str:
    """Digest everything a recommendation depends on, but for the order of it and trailing zeros."""
    return digest(
        {
            "positions": sorted(_weighed(position) for position in positions),
            "cash": sorted([*key, amount] for key, amount in balances.items()),
            "targets": sorted(msgspec.structs.astuple(target) for target in portfolio.targets.values()),
            "threshold": portfolio.rebalance_threshold,
            "policy": portfolio.rebalance_policy,
            "portfolio": [portfolio.currency, portfolio.portfolio_type],
            "candidates": sorted([one.ticker, one.price] for one in candidates),
        }
    )


def digest(content: Any) -> str:
    """Digest plain data; equal numbers count as equal however they are written."""
    plain = msgspec.to_builtins(content, builtin_types=(Decimal,))
    return sha256(msgspec.json.encode(_normal(plain), order="sorted")).hexdigest()[:32]


def _weighed(position: Position) -> list[Any]:
    return [
        str(position.position_id),
        position.quantity,
        position.current_price if position.current_price is not None else "",
        position.currency,
        position.asset_class,
        position.sector or "",
        position.geography or "",
    ]


def _normal(part: Any) -> Any:
    if isinstance(part, Decimal):
        return format(part.normalize(), "f")
    if isinstance(part, dict):
        return {name: _normal(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_normal(one) for one in part]
    return part
