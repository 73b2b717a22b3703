"""Stored names are for ever: the set only grows."""

from domain import analysis, holdings, instruments, market, optimization, portfolio, rebalancing
from infrastructure.eventstore.codec import aggregates_in, events_of

STORED = {
    "analysis.requested", "analysis.started", "attribution.computed", "attribution.started", "factors.computed",
    "factors.started", "risk.computed", "risk.started",
    "holdings.cash-moved", "holdings.import-reverted", "holdings.positions-changed", "holdings.positions-imported",
    "market.actions-imported", "market.constituents-set", "market.factors-imported", "market.fx-imported",
    "market.instruments-imported", "market.prices-imported", "market.rates-imported", "market.started",
    "holdings.started", "instruments.described", "instruments.started", "portfolio.archived",
    "portfolio.rebalance-requested", "portfolio.registered", "portfolio.restored", "portfolio.revised",
    "optimization.cancelled", "optimization.completed", "optimization.failed", "optimization.method-finished",
    "optimization.requested", "optimization.started",
    "portfolio.target-removed", "portfolio.target-set", "rebalancing.accepted", "rebalancing.declined",
    "rebalancing.held-back", "rebalancing.lapsed", "rebalancing.recommended", "rebalancing.started",
}  # fmt: skip


def test_every_stored_topic_is_still_known_and_every_new_one_is_written_down_here() -> None:
    found = {
        event.TOPIC  # type: ignore[attr-defined]
        for aggregate in aggregates_in(
            portfolio, holdings, instruments, rebalancing, analysis, market, optimization
        )
        for event in events_of(aggregate)
    }
    assert found == STORED
