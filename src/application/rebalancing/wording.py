"""What bound a plan, and what conflicts, in words."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_UP, Decimal

from analytics.rebalance import ConflictSet
from application.rebalancing.market import Market, bucket_name
from domain.drift import BucketDrift, DriftReport, Target, band_edges
from domain.trades import Conflict, Trade

CASH_BUFFER = "cash buffer"
_NEAR = Decimal("0.00001")  # a hundred-thousandth of total value counts as being at an edge
_SHOWN = Decimal("0.000001")


def binding_constraints(market: Market, trades: Sequence[Trade], after: DriftReport) -> tuple[str, ...]:
    """Rules without which the plan would be nearer to its targets or smaller."""
    near = max(_NEAR, Decimal(4 * market.rounding()))
    edges = [words for bucket in after.buckets if (words := _at_edge(bucket, near)) is not None]
    short = {(one.allocation_type, one.bucket) for one in after.buckets if _is_short(one, near)}
    targets = [target for target in market.targets if (target.allocation_type, target.bucket) in short]
    return (*edges, *_cash(market, trades, near), *_barred(market, targets), *_sizes(market, targets))


def conflicts_in_words(market: Market, conflicts: Iterable[ConflictSet]) -> tuple[Conflict, ...]:
    """Name the buckets of each conflict, why they cannot hold, and the least that must give way."""
    return tuple(_conflict(market, conflict, _granularity(market)) for conflict in conflicts)


def rounding_in_words(market: Market, lost: Iterable[ConflictSet]) -> tuple[Conflict, ...]:
    """Name the buckets (and cash) that a plan would keep if its orders needed no rounding."""
    amounts = f"in amounts of {_plain(market.precision.cent)}"
    how = " and ".join([*_coarse_rules(market), amounts])
    return tuple(_conflict(market, conflict, how) for conflict in lost)


def _at_edge(bucket: BucketDrift, near: Decimal) -> str | None:
    weight, lower, upper = bucket.actual_weight, bucket.lower, bucket.upper
    if weight is None or lower is None or upper is None or not _is_short(bucket, near):
        return None
    name = f"{bucket.allocation_type} {bucket.bucket}"
    if weight >= upper - near:
        return f"{name} at its {'max_weight' if upper == bucket.max_weight else 'upper edge'} {_plain(upper)}"
    if weight <= lower + near:
        return f"{name} at its {'min_weight' if lower == bucket.min_weight else 'lower edge'} {_plain(lower)}"
    return None


def _is_short(bucket: BucketDrift, near: Decimal) -> bool:
    """Whether a bucket ends away from its target."""
    return bucket.drift is not None and abs(bucket.drift) > near


def _cash(market: Market, trades: Sequence[Trade], near: Decimal) -> list[str]:
    cash = sum((trade.cash_flow for trade in trades), market.cash)
    bought = any(trade.side == "buy" for trade in trades)
    if cash > market.cash_floor + near * market.total or not (trades or cash < market.cash_floor):
        return []
    if market.cash_floor > 0:
        return [f"{CASH_BUFFER} {_plain(market.options.cash_buffer)}"]
    return ["no cash left"] if bought or market.cash < 0 else []


def _barred(market: Market, targets: Sequence[Target]) -> list[str]:
    held = [name for target in targets for name in market.members(target) if market.is_barred(name)]
    return [f"do_not_trade {ticker}" for ticker in sorted({name.ticker for name in held})]


def _sizes(market: Market, targets: Sequence[Target]) -> list[str]:
    options = market.options
    if not targets or options.to != "target":
        return []
    smallest = [f"min_trade_value {_plain(options.min_trade_value)}"] if options.min_trade_value > 0 else []
    return smallest + (["whole shares"] if options.whole_shares else [])


def _conflict(market: Market, conflict: ConflictSet, granularity: str) -> Conflict:
    targets = [market.targets[row] for row in conflict.rows]
    relaxation = {
        bucket_name(market.targets[row]): Decimal(repr(fraction)).quantize(_SHOWN, ROUND_UP)
        for row, fraction in conflict.relaxation.items()
    }
    if conflict.shortfall > 0:
        relaxation[CASH_BUFFER] = Decimal(repr(conflict.shortfall)).quantize(_SHOWN, ROUND_UP)
    names = [bucket_name(target) for target in targets] + ([CASH_BUFFER] if conflict.needs_cash else [])
    return Conflict(
        allocations=tuple(names),
        allocation_ids=tuple(target.allocation_id for target in targets),
        explanation=_explanation(market, conflict, targets, granularity) + _give_way(relaxation),
        least_relaxation=relaxation,
    )


def _explanation(market: Market, conflict: ConflictSet, targets: Sequence[Target], granularity: str) -> str:
    if not targets:
        how = granularity if conflict.granular else "even if all is sold that may be sold"
        return f"Cash cannot be brought to {_percent(market.options.cash_buffer)} of total value {how}."
    if conflict.granular:
        return f"{_range(market, targets[0])} cannot be reached {granularity}."
    if len(targets) == 1 and not conflict.needs_cash:
        reach, why = _reach(conflict), _why(market, targets[0])
        return f"{_range(market, targets[0])} cannot be reached{reach and ': it' + reach}{why}."
    rules = [_range(market, target) for target in targets]
    rules += [_cash_rule(market)] if conflict.needs_cash else []
    first = bucket_name(targets[0])
    together = f"{', '.join(rules[:-1])} and {rules[-1]} cannot all hold"
    return f"{together}: with the rest kept, {first}{_reach(conflict)}."


def _range(market: Market, target: Target) -> str:
    lower, upper = band_edges(target, market.threshold)
    return f"{bucket_name(target)} between {_percent(lower)} and {_percent(upper)}"


def _cash_rule(market: Market) -> str:
    if market.options.cash_buffer > 0:
        return f"a {CASH_BUFFER} of {_percent(market.options.cash_buffer)}"
    return "cash that is not negative"


def _reach(conflict: ConflictSet) -> str:
    if conflict.reach is None:
        return ""
    low, high = (_percent(Decimal(repr(round(end, 6)))) for end in conflict.reach)
    return f" stays at {low}" if low == high else f" can only be between {low} and {high}"


def _why(market: Market, target: Target) -> str:
    members = market.members(target)
    barred = sorted({name.ticker for name in members if market.is_barred(name)})
    if barred:
        return f", because {', '.join(barred)} may not be traded"
    if not any(name.price > 0 for name in members):
        return ", because nothing in it is held or offered that could be traded"
    return ""


def _granularity(market: Market) -> str:
    return " and ".join(_coarse_rules(market)) or "within the limits of the solver"


def _coarse_rules(market: Market) -> list[str]:
    rules = ["in whole shares"] if market.options.whole_shares else []
    if market.options.min_trade_value > 0:
        rules.append(f"with trades of at least {_plain(market.options.min_trade_value)}")
    if market.options.fixed_cost > 0:
        rules.append(f"at a cost of {_plain(market.options.fixed_cost)} a trade")
    return rules


def _give_way(relaxation: dict[str, Decimal]) -> str:
    steps = [f"{name} by {_percent(fraction)} of total value" for name, fraction in relaxation.items()]
    return f" At least this must give way: {', '.join(steps)}." if steps else ""


def _percent(fraction: Decimal) -> str:
    return f"{_plain((fraction * 100).quantize(Decimal('0.0001')))} %"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
