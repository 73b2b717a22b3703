"""What to do about a portfolio: pure, from a state and a question to a decision."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from agents.rebalance.reasons import reasons
from agents.rebalance.state import State, digest
from agents.rebalance.triggers import Question
from application.market.history import Flag
from application.rebalancing.audit import currency_exponent, figure, no_trades, plain, weights
from application.rebalancing.planner import plan_trades
from domain.drift import DriftReport, measure_drift
from domain.holding_facts import position_id
from domain.policy import RebalanceOptions
from domain.price_age import PriceAge, in_words, old_prices
from domain.rebalancing import HoldBack, Recommendation, RecommendedTrade, recommendation_id
from domain.trades import Trade, TradePlan

ARCHIVED = "The portfolio was archived."
BACK_INSIDE = "Every bucket is back inside its band."
STALE = "stale"


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to say."""

    why: str


@dataclass(frozen=True, slots=True)
class Lapse:
    """What the open recommendation was made for is gone."""

    why: str


@dataclass(frozen=True, slots=True)
class Recommend:
    """A new recommendation; it supersedes an open one."""

    recommendation: Recommendation


@dataclass(frozen=True, slots=True)
class Hold:
    """There is drift, and prices are too old to trade on."""

    hold_back: HoldBack


Decision: TypeAlias = Nothing | Lapse | Recommend | Hold


def decide(state: State, question: Question, *, expires_at: datetime, hold_back_days: int) -> Decision:
    """Decide whether to recommend trades, and which.

    Drift beyond a band calls for a recommendation, once per state; `forced` calls for one in any case. A request
    with other options than the last counts as another state. Where a price is more than `hold_back_days` old, only
    a forced recommendation is made, and it says so.
    """
    if not state.is_active:
        return _no_need(state, ARCHIVED)
    valuation = state.valuation
    excluded = [one.ticker for one in valuation.excluded]
    excluded += [f"cash {currency}" for currency in valuation.unvalued_cash]
    report = measure_drift(
        valuation.exposures, valuation.cash, state.targets, state.threshold, excluded=excluded
    )
    if not (report.drifted or question.forced):
        return _no_need(state, report.reason or BACK_INSIDE)
    options = state.policy.overridden_by(question.options or {})
    if not question.forced and _known(state, question, options):
        return Nothing("The same state was recommended on before.")
    old = old_prices(state.price_days, clock=state.clock, beyond=hold_back_days)
    warnings = [{"code": STALE, "explanation": in_words(old, hold_back_days)}] if old else []
    if old and not question.forced:
        return _held_back(state, question, options, old, warnings[0]["explanation"])
    plan = _plan(state, report, options)
    return Recommend(_recommendation(state, question, plan, options, warnings, expires_at))


def _held_back(
    state: State, question: Question, options: RebalanceOptions, old: list[PriceAge], reason: str
) -> Decision:
    known = state_hash(state, options)
    if state.held_back == known:
        return Nothing("The same state was held back before.")
    return Hold(
        HoldBack(
            portfolio_id=state.portfolio_id,
            code=STALE,
            reason=reason,
            prices=old,
            state_hash=known,
            source_position=question.source_position,
        )
    )


def doubted(recommendation: Recommendation, flags: Iterable[Flag]) -> Recommendation:
    """Return a recommendation that says what is doubtful about the prices of what it trades."""
    traded = {trade.ticker.casefold() for trade in recommendation.trades}
    warnings = [
        {"code": flag.code, "explanation": f"{flag.ticker}: {flag.detail}"}
        for flag in flags
        if flag.ticker.casefold() in traded
    ]
    return msgspec.structs.replace(recommendation, reasons=[*recommendation.reasons, *warnings])


def state_hash(state: State, options: RebalanceOptions) -> str:
    """Return what a recommendation notes of the state it was made in: the facts, and how it was to trade."""
    return f"{state.facts}/{digest(options)}"


def _known(state: State, question: Question, options: RebalanceOptions) -> bool:
    if state.recommended is None:
        return False
    if question.options is None:
        return state.recommended.partition("/")[0] == state.facts
    return state.recommended == state_hash(state, options)


def _no_need(state: State, why: str) -> Decision:
    return Lapse(why) if state.has_open else Nothing(why)


def _plan(state: State, report: DriftReport, options: RebalanceOptions) -> TradePlan:
    if not state.targets:
        return no_trades(report, "there are no target allocations")
    if report.reason is not None:
        return no_trades(report, report.reason)
    return plan_trades(
        exposures=state.valuation.exposures,
        cash=state.valuation.cash,
        targets=state.targets,
        threshold=state.threshold,
        options=options,
        long_only=state.long_only,
        universe=state.candidates,
        currency_exponent=currency_exponent(state.valuation.currency),
        excluded=report.excluded,
    )


def _recommendation(
    state: State,
    question: Question,
    plan: TradePlan,
    options: RebalanceOptions,
    warnings: list[dict[str, Any]],
    expires_at: datetime,
) -> Recommendation:
    prices_as_of = state.valuation.prices_as_of
    return Recommendation(
        id=recommendation_id(state.portfolio_id, state.policy_version, question.source_position),
        portfolio_id=state.portfolio_id,
        currency=state.valuation.currency,
        total_value=plain(plan.before.total_value),
        reasons=[
            *reasons(plan.before, question.triggers, forced=question.forced, note=plan.reason),
            *warnings,
        ],
        trades=[_trade(state, trade) for trade in plan.trades],
        turnover_one_way=figure(plan.turnover_one_way) or Decimal(0),
        turnover_two_way=figure(plan.turnover_two_way) or Decimal(0),
        residual_cash=plain(plan.residual_cash),
        before=weights(plan.before.buckets),
        after=weights(plan.after.buckets),
        binding_constraints=list(plan.binding_constraints),
        conflicts=[msgspec.structs.asdict(conflict) for conflict in plan.conflicts],
        excluded=list(plan.before.excluded),
        solver=plan.solver,
        policy=msgspec.structs.asdict(options),
        policy_version=state.policy_version,
        forced=question.forced,
        state_hash=state_hash(state, options),
        source_position=question.source_position,
        prices_as_of=None if prices_as_of is None else prices_as_of.isoformat(),
        expires_at=expires_at,
    )


def _trade(state: State, trade: Trade) -> RecommendedTrade:
    known = trade.position_id or position_id(state.portfolio_id, trade.account, trade.instrument_id)
    return RecommendedTrade(
        ticker=trade.ticker,
        instrument_id=trade.instrument_id,
        position_id=known,
        account=trade.account,
        side=trade.side,
        quantity=plain(trade.quantity),
        estimated_price=plain(trade.estimated_price),
        value=trade.value,
        cost=trade.cost,
    )
