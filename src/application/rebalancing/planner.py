"""From exposures and targets to trades: Decimal facts in, a programme in the middle, exact orders out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

import msgspec

from analytics.rebalance import Solution, solve
from application.rebalancing.audit import no_trades
from application.rebalancing.market import Market, open_market
from application.rebalancing.rounding import least_lost, lost_to_rounding
from application.rebalancing.wording import binding_constraints, conflicts_in_words
from domain.drift import DriftReport, Exposure, Target, measure_drift
from domain.policy import RebalanceOptions
from domain.trades import (
    Candidate,
    Precision,
    Trade,
    TradePlan,
    Wish,
    place_trades,
    residual_cash,
    turnover_two_way,
)

ATTEMPTS = 3  # rounding may push a bucket back over its edge; each attempt stays further inside, if it can
FURTHER, NEARER = 8.0, 0.5


def plan_trades(
    *,
    exposures: Sequence[Exposure],
    cash: Decimal,
    targets: Sequence[Target],
    threshold: Decimal,
    options: RebalanceOptions,
    long_only: bool,
    universe: Sequence[Candidate] = (),
    currency_exponent: int = 2,
    excluded: Iterable[str] = (),
) -> TradePlan:
    """Compute the fewest and smallest trades that bring every bucket inside its band and as near as wanted.

    The order of objectives is that of `analytics.rebalance.solve`. Buckets end strictly inside their edges,
    by as much as rounding to cents and units may cost, so that the result is not drifted. Where edges cannot all
    hold, the plan misses them by the least total weight and says which conflict; an edge that only rounding
    misses is a conflict too, and such a plan is not proven to be the best. Cash is one account for all
    trades; `cash`, prices and values are in the portfolio's currency. The answer does not depend on the order
    of the inputs.

    threshold : fraction, the band of allocations without one of their own
    universe : instruments that are not held and may be bought; a target that is not held needs one of them
    excluded : names of positions that could not be valued, for the reports
    """
    digits = 0 if options.whole_shares else Precision().quantity_exponent
    precision = Precision(currency_exponent=currency_exponent, quantity_exponent=digits)
    before = measure_drift(exposures, cash, targets, threshold, excluded=excluded)
    if before.reason is not None:
        return no_trades(before, before.reason)
    market = open_market(exposures, universe, cash, targets, threshold, options, long_only, precision)
    plans: list[TradePlan] = []
    for solution in _attempts(market):
        plans.append(_plan(market, before, solution))
        if not lost_to_rounding(market, plans[-1]):
            return plans[-1]
    return least_lost(market, plans)


def _attempts(market: Market) -> Iterator[Solution]:
    """Solutions to try until rounding spares one: staying clear of an edge must not be what conflicts.

    Where bands leave too little room to stay clear of them all, less room is asked for; otherwise more.
    """
    exact, caution = None, 1.0
    for _ in range(ATTEMPTS):
        cautious = solve(market.problem(caution=caution))
        if not cautious.conflicts:
            yield cautious
            caution *= FURTHER
            continue
        if exact is None:
            yield (exact := solve(market.problem(caution=0.0)))
        yield replace(cautious, conflicts=exact.conflicts, proven=cautious.proven and bool(exact.conflicts))
        caution *= FURTHER if exact.conflicts else NEARER


def _plan(market: Market, before: DriftReport, solution: Solution) -> TradePlan:
    trades = place_trades(
        _wishes(market, solution),
        cash=market.cash,
        cash_floor=market.cash_floor,
        options=market.options,
        precision=market.precision,
    )
    plan = _audited(market, before, solution, trades)
    if plan.after.reason is not None:  # rounded costs take all that is there
        return _audited(market, before, replace(solution, proven=False), ())
    return plan


def _audited(market: Market, before: DriftReport, solution: Solution, trades: tuple[Trade, ...]) -> TradePlan:
    cash = residual_cash(market.cash, trades)
    after = measure_drift(
        _held_after(market, trades), cash, market.targets, market.threshold, excluded=before.excluded
    )
    turnover = turnover_two_way(trades, before.total_value)
    return TradePlan(
        trades=trades,
        residual_cash=cash,
        total_cost=sum((trade.cost for trade in trades), Decimal(0)),
        turnover_one_way=turnover / 2,
        turnover_two_way=turnover,
        before=before,
        after=after,
        binding_constraints=binding_constraints(market, trades, after),
        conflicts=conflicts_in_words(market, solution.conflicts),
        solver=solution.path,
        proven_optimal=solution.proven,
    )


def _wishes(market: Market, solution: Solution) -> list[Wish]:
    wishes = []
    for at, name in enumerate(market.names):
        money = float(solution.trade[at])
        if money and name.price > 0:
            shares = None if solution.shares is None else float(solution.shares[at])
            quantity = Decimal(repr(money)) / name.price if shares is None else Decimal(round(shares))
            wishes.append(_wish(name, quantity, held=at < market.held))
    return wishes


def _wish(name: Exposure, quantity: Decimal, *, held: bool) -> Wish:
    return Wish(
        ticker=name.ticker,
        instrument_id=name.instrument_id,
        account=name.account,
        price=name.price,
        quantity=quantity,
        held=name.quantity,
        position_id=name.position_id if held else None,
    )


def _held_after(market: Market, trades: Sequence[Trade]) -> list[Exposure]:
    made = {trade.position_id or trade.instrument_id: trade for trade in trades}
    return [
        after for name in market.names if (after := _after(name, made.get(name.position_id))).quantity != 0
    ]


def _after(name: Exposure, trade: Trade | None) -> Exposure:
    if trade is None:
        return name
    sign = 1 if trade.side == "buy" else -1
    return msgspec.structs.replace(
        name, quantity=name.quantity + sign * trade.quantity, value=name.value + sign * trade.value
    )
