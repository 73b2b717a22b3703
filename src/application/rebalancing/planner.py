"""From exposures and targets to trades: Decimal facts in, a programme in the middle, exact orders out."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from analytics.rebalance import Solution, solve
from application.rebalancing.audit import no_trades
from application.rebalancing.market import Market, open_market
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

ATTEMPTS = 3  # rounding may push a bucket back over its edge; each attempt stays further inside


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
    hold, the plan misses them by the least total weight and says which conflict. Cash is one account for all
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
    for attempt in range(ATTEMPTS):
        solution, plan = _attempt(market, before, 8.0**attempt)
        if solution.conflicts or not plan.after.drifted:
            break
    return plan


def _attempt(market: Market, before: DriftReport, caution: float) -> tuple[Solution, TradePlan]:
    solution = solve(market.problem(caution=caution))
    if solution.conflicts:
        solution = solve(market.problem(caution=0.0))  # staying clear of an edge must not be what conflicts
    return solution, _plan(market, before, solution)


def _plan(market: Market, before: DriftReport, solution: Solution) -> TradePlan:
    trades = place_trades(
        _wishes(market, solution),
        cash=market.cash,
        cash_floor=market.cash_floor,
        options=market.options,
        precision=market.precision,
    )
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
