"""What applying a result would lead to: the trades the rebalance agent would recommend, and the risk after them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

from application.optimization.answer import Metrics
from application.optimization.dataset import AssetFacts
from application.optimization.targets import Replacement, Wanted, replacement
from application.optimization.what_if_answer import RiskOf, WhatIf
from application.rebalancing.audit import currency_exponent
from application.rebalancing.planner import plan_trades
from application.rebalancing.sight import Known, Lookout, Sight
from domain.drift import Exposure, Target
from domain.holdings import Holdings
from domain.portfolio import Portfolio
from domain.price_age import in_words, old_prices
from domain.trades import Candidate, TradePlan
from domain.unavailable import Missing
from domain.valuation import Valuation, value_holdings

COVERED_AT_LEAST: Final = 0.5
"""Share of what is invested that the job's assets must make up for its figures to speak for the portfolio."""
ZERO = Decimal(0)
Measured: TypeAlias = tuple[Metrics | None, dict[str, Missing]]
Measure: TypeAlias = Callable[[dict[str, float]], Measured]
"""Figures of weights by asset, by the data of the job."""
Named: TypeAlias = Exposure | Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A portfolio that nobody else looks at, for its targets are changed, and what it would be held to.

    hold_back_days : age in days from which on the agent makes no trades at a price.
    """

    portfolio: Portfolio
    holdings: Holdings
    wanted: Wanted
    hold_back_days: int


async def what_if(question: Question, *, lookout: Lookout, known: Known, measure: Measure) -> WhatIf:
    """Return what there would be; raises Refused like applying it, PortfolioArchived too."""
    portfolio, holdings = question.portfolio, question.holdings
    found = replacement(question.wanted, portfolio, holdings.positions())
    removed = portfolio.replace_targets(
        question.wanted.allocation_type, found.targets, at=portfolio.modified_on
    )
    sight = await lookout.look(portfolio, holdings, known)
    valuation = value_holdings(
        [one.position for one in sight.held],
        holdings.balances(),
        currency=portfolio.currency,
        on=sight.on,
        rates=sight.rates,
    )
    plan = _plan(portfolio, valuation, sight)
    names = _Names(question.wanted.assets)
    return WhatIf(
        currency=portfolio.currency,
        targets=found.targets,
        removed=removed,
        sold=found.sold,
        plan=plan,
        before=_risk(names.amounts(_held(valuation.exposures)), valuation.cash, measure),
        after=_risk(names.amounts(_after(valuation, sight, plan)), plan.residual_cash, measure),
        prices_as_of=valuation.prices_as_of,
        warnings=tuple(_warnings(question, found, sight, valuation, plan)),
    )


def _plan(portfolio: Portfolio, valuation: Valuation, sight: Sight) -> TradePlan:
    excluded = [one.ticker for one in valuation.excluded]
    return plan_trades(
        exposures=valuation.exposures,
        cash=valuation.cash,
        targets=tuple(portfolio.targets.values()),
        threshold=portfolio.rebalance_threshold,
        options=portfolio.rebalance_policy,
        long_only=portfolio.long_only,
        universe=sight.candidates,
        currency_exponent=currency_exponent(portfolio.currency),
        excluded=[*excluded, *(f"cash {currency}" for currency in valuation.unvalued_cash)],
    )


@dataclass(frozen=True, slots=True)
class _Amounts:
    """Money in each asset of the job, and in everything else."""

    known: dict[str, Decimal]
    others: Decimal


class _Names:
    """Finds the asset of the job that a holding is."""

    def __init__(self, assets: Sequence[AssetFacts]) -> None:
        self._names = {
            str(name).casefold(): one.name
            for one in assets
            for name in (one.instrument_id, one.isin, one.ticker or one.name)
            if name
        }
        self._assets = [one.name for one in assets]

    def asset(self, one: Named) -> str | None:
        """Return the asset's name."""
        keys = (str(one.instrument_id), one.isin, one.ticker)
        return next(
            (self._names[key.casefold()] for key in keys if key and key.casefold() in self._names), None
        )

    def amounts(self, values: Iterable[tuple[Named, Decimal]]) -> _Amounts:
        """Add up money by asset."""
        known = dict.fromkeys(self._assets, ZERO)
        others = ZERO
        for one, value in values:
            asset = self.asset(one)
            if asset is None:
                others += value
            else:
                known[asset] += value
        return _Amounts(known, others)


def _held(exposures: Iterable[Exposure]) -> Iterator[tuple[Named, Decimal]]:
    return ((one, one.value) for one in exposures)


def _after(valuation: Valuation, sight: Sight, plan: TradePlan) -> Iterator[tuple[Named, Decimal]]:
    """Yield what is held, then what the trades add to it and take from it."""
    yield from _held(valuation.exposures)
    positions = {one.position_id: one for one in valuation.exposures}
    candidates: dict[UUID, Named] = {one.instrument_id: one for one in sight.candidates}
    for trade in plan.trades:
        traded = positions[trade.position_id] if trade.position_id else candidates[trade.instrument_id]
        yield traded, trade.value if trade.side == "buy" else -trade.value


def _risk(amounts: _Amounts, cash: Decimal, measure: Measure) -> RiskOf:
    """Return the figures of what is held, other assets taken to move as the job's do."""
    covered = sum(amounts.known.values(), ZERO)
    invested = covered + amounts.others
    total = invested + cash
    share = float(covered / invested) if invested else 1.0
    if total <= 0 or share < COVERED_AT_LEAST:
        why = Missing(
            code="not_in_job", detail="What is held is not, or hardly, among the assets of the job."
        )
        return RiskOf(weights={}, cash_weight=0.0, covered=share, metrics=None, unavailable={"metrics": why})
    weights = {name: float(value / total) / share for name, value in amounts.known.items()}
    metrics, unavailable = measure(weights)
    return RiskOf(
        weights=weights,
        cash_weight=float(cash / total),
        covered=share,
        metrics=metrics,
        unavailable=unavailable,
    )


def _warnings(
    question: Question, found: Replacement, sight: Sight, valuation: Valuation, plan: TradePlan
) -> Iterator[tuple[str, str]]:
    yield from found.warnings
    if plan.reason is not None:
        yield "no_trades", f"No trades can be computed: {plan.reason}."
    lost = _unpriced(found.targets, valuation, sight)
    if lost:
        yield "no_price", f"There is no price at which {', '.join(lost)} could be bought."
    if plan.before.excluded:
        yield (
            "excluded",
            f"Without a price or an exchange rate, and in no weight: {', '.join(plan.before.excluded)}.",
        )
    dated = [(one.position.ticker, one.position.price_date) for one in sight.held]
    dated += [(one.ticker, day) for one, day in zip(sight.candidates, sight.candidate_days, strict=True)]
    if old := old_prices(dated, clock=sight.clock, beyond=question.hold_back_days):
        yield (
            "stale",
            f"{in_words(old, question.hold_back_days)} Nothing is recommended at them without `force`.",
        )


def _unpriced(targets: Sequence[Target], valuation: Valuation, sight: Sight) -> list[str]:
    """Return securities that are wanted, not held and not offered."""
    seen: list[Named] = [*valuation.exposures, *sight.candidates]
    names = {
        str(name).casefold() for one in seen for name in (one.ticker, one.isin, one.instrument_id) if name
    }
    return [
        one.bucket
        for one in targets
        if one.allocation_type == "security" and one.target_weight and one.bucket.casefold() not in names
    ]
