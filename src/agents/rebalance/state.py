"""What a decision is made from, and a fingerprint by which the same state is known again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from domain.drift import Target
from domain.holding_facts import Position
from domain.holdings import Holdings
from domain.policy import RebalanceOptions
from domain.portfolio import Portfolio
from domain.rebalancing import Rebalancing
from domain.valuation import Rates, Valuation, value_holdings


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One portfolio as it stands: its policy, what it is worth, and what was last recommended.

    facts : fingerprint of what is held and wanted; exchange rates are no part of it, since they move every
        day and nobody did anything.
    recommended : the fingerprint that the last recommendation noted.
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
    has_open: bool
    recommended: str | None


def state_of(
    portfolio: Portfolio, holdings: Holdings, rebalancing: Rebalancing, *, rates: Rates, on: date
) -> State:
    """Return the newest state, valued at the rates of a day."""
    positions, balances = list(holdings.positions()), holdings.balances()
    valuation = value_holdings(positions, balances, currency=portfolio.currency, on=on, rates=rates)
    return State(
        portfolio_id=portfolio.id,
        is_active=portfolio.is_active,
        long_only=portfolio.long_only,
        policy_version=portfolio.policy_version,
        threshold=portfolio.rebalance_threshold,
        policy=portfolio.rebalance_policy,
        targets=tuple(portfolio.targets.values()),
        valuation=valuation,
        facts=fingerprint(portfolio, positions, balances),
        has_open=rebalancing.open_id is not None,
        recommended=rebalancing.state_hash,
    )


def fingerprint(
    portfolio: Portfolio, positions: Iterable[Position], balances: dict[tuple[str, str], Decimal]
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
