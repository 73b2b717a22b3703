import itertools
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from application.rebalancing.planner import plan_trades
from domain.drift import Exposure, Target
from domain.policy import RebalanceOptions
from domain.trades import Candidate, TradePlan

NAMES = UUID(int=1)
D = Decimal


def a_position(ticker: str, value: str | Decimal, price: str | Decimal = "1", **facts: str) -> Exposure:
    known = {"account": "", "asset_class": "equity", "sector": "technology", "geography": "us"} | facts
    key = f"{ticker}/{known['account']}"
    return Exposure(
        position_id=uuid5(NAMES, key),
        instrument_id=uuid5(NAMES, ticker),
        ticker=ticker,
        quantity=D(value) / D(price),
        price=D(price),
        value=D(value),
        **known,
    )


def a_target(kind: str, bucket: str, weight: str, **rules: object) -> Target:
    rules = {
        key: D(value) if isinstance(value, str) and key != "band_kind" else value
        for key, value in rules.items()
    }
    return Target(
        allocation_id=uuid5(NAMES, f"{kind} {bucket}"),
        allocation_type=kind,  # type: ignore[arg-type]
        bucket=bucket,
        target_weight=D(weight),
        **rules,  # type: ignore[arg-type]
    )


def a_plan(
    exposures: list[Exposure],
    targets: list[Target],
    cash: str | Decimal = "0",
    *,
    threshold: str = "0.05",
    long_only: bool = True,
    universe: tuple[Candidate, ...] = (),
    **options: object,
) -> TradePlan:
    return plan_trades(
        exposures=exposures,
        cash=D(cash),
        targets=targets,
        threshold=D(threshold),
        options=RebalanceOptions(**options),  # type: ignore[arg-type]
        long_only=long_only,
        universe=universe,
    )


def orders(plan: TradePlan) -> list[tuple[str, str, Decimal]]:
    return [(trade.side, trade.ticker, trade.value) for trade in plan.trades]


def weight(plan: TradePlan, bucket: str) -> Decimal:
    found = next(one.actual_weight for one in plan.after.buckets if one.bucket == bucket)
    assert found is not None
    return found


def missed(plan: TradePlan) -> set[str]:
    return {f"{one.allocation_type} {one.bucket}" for one in plan.after.breaches}


def explained(plan: TradePlan) -> set[str]:
    return {name for conflict in plan.conflicts for name in conflict.allocations}


def check_money(plan: TradePlan, cash: Decimal) -> None:
    flows = sum((t.value - t.cost if t.side == "sell" else -t.value - t.cost for t in plan.trades), D(0))
    assert plan.residual_cash == cash + flows


STOCKS_AND_BONDS = [
    a_position("STOCK", "6700", "10"),
    a_position("BOND", "3300", "10", asset_class="fixed_income", sector="government"),
]
SIXTY_FORTY = [a_target("asset_class", "equity", "0.60"), a_target("asset_class", "fixed_income", "0.40")]


# worked examples -----------------------------------------------------------------------------------------


def test_a_drifted_60_40_goes_back_to_target() -> None:
    plan = a_plan(STOCKS_AND_BONDS, SIXTY_FORTY)
    assert orders(plan) == [("sell", "STOCK", D(700)), ("buy", "BOND", D(700))]
    assert plan.turnover_one_way == D("0.07")
    assert plan.turnover_two_way == D("0.14")
    assert plan.residual_cash == 0
    assert plan.before.drifted
    assert not plan.after.drifted
    assert plan.proven_optimal


def test_to_the_edge_it_goes_just_inside_the_band() -> None:
    plan = a_plan(STOCKS_AND_BONDS, SIXTY_FORTY, to="edge")
    assert not plan.after.drifted
    assert D("0.6499") < weight(plan, "equity") < D("0.65")
    assert "asset_class equity at its upper edge 0.65" in plan.binding_constraints


def test_a_threshold_of_200_basis_points_trades_back_to_a_destination_of_175() -> None:
    # Vanguard's 200/175 policy: triggered beyond 2.00 points of drift, traded back to 1.75 points.
    exposures = [a_position("S", "6210"), a_position("B", "3790", asset_class="fixed_income")]
    policy = {"band_kind": "absolute", "band": "0.0175"}
    targets = [a_target("asset_class", "equity", "0.60", **policy)]
    plan = a_plan(exposures, targets, threshold="0.02", to="edge")
    assert abs(weight(plan, "equity") - D("0.6175")) < D("0.0001")
    assert abs(plan.turnover_two_way - D("0.0035")) < D("0.0001")


def test_one_trade_in_a_bucket_of_many_names_is_enough() -> None:
    tech = [a_position(name, value) for name, value in (("AAA", "2000"), ("BBB", "3000"), ("CCC", "1000"))]
    plan = a_plan(
        [*tech, a_position("OIL", "4000", sector="energy")], [a_target("sector", "technology", "0.5")]
    )
    assert orders(plan) == [("sell", "BBB", D(1000))]


def test_a_buy_goes_to_the_smallest_holding_of_the_bucket() -> None:
    tech = [a_position("AAA", "2000"), a_position("BBB", "1000")]
    plan = a_plan(tech, [a_target("sector", "technology", "0.5")], "7000")
    assert orders(plan) == [("buy", "BBB", D(2000))]


def test_a_sale_beyond_the_largest_holding_takes_the_next_too() -> None:
    tech = [a_position("AAA", "2000"), a_position("BBB", "3000"), a_position("CCC", "1000")]
    plan = a_plan(tech, [a_target("sector", "technology", "0.2")], "0")
    assert orders(plan) == [("sell", "AAA", D(1800)), ("sell", "BBB", D(3000))]


def test_all_types_are_met_at_once() -> None:
    exposures = [
        a_position("USTECH", "4000"),
        a_position("USOIL", "2000", sector="energy"),
        a_position("JPTECH", "1000", geography="jp"),
        a_position("JPOIL", "3000", sector="energy", geography="jp"),
    ]
    targets = [
        a_target("sector", "technology", "0.4"),
        a_target("sector", "energy", "0.6"),
        a_target("geography", "us", "0.5"),
        a_target("geography", "jp", "0.5"),
    ]
    plan = a_plan(exposures, targets, threshold="0.02")
    assert orders(plan) == [("sell", "USTECH", D(1000)), ("buy", "JPOIL", D(1000))]


def test_a_position_over_its_maximum_is_brought_under_it() -> None:
    exposures = [a_position("BIG", "5000"), a_position("REST", "5000", sector="energy")]
    targets = [a_target("security", "BIG", "0.3", max_weight="0.35", band="0.2")]
    plan = a_plan(exposures, targets, to="edge")
    assert D("0.3499") < weight(plan, "BIG") < D("0.35")
    assert "security BIG at its max_weight 0.35" in plan.binding_constraints


def test_all_cash_buys_what_is_offered() -> None:
    offer = Candidate(instrument_id=UUID(int=5), ticker="ETF", asset_class="equity", price=D("33.33"))
    plan = a_plan([], SIXTY_FORTY[:1], "1000", universe=(offer,))
    assert [(t.side, t.ticker, t.quantity, t.position_id) for t in plan.trades] == [
        ("buy", "ETF", D("18.001800"), None)
    ]
    assert weight(plan, "equity") == D("0.6")


def test_a_held_name_is_topped_up_before_a_new_one_is_opened() -> None:
    offer = Candidate(
        instrument_id=UUID(int=5), ticker="AAA", asset_class="equity", price=D(1), sector="technology"
    )
    plan = a_plan(
        [a_position("TECH", "1000")], [a_target("sector", "technology", "0.5")], "1000", universe=(offer,)
    )
    assert plan.trades == ()
    plan = a_plan(
        [a_position("TECH", "1000")], [a_target("sector", "technology", "0.5")], "3000", universe=(offer,)
    )
    assert orders(plan) == [("buy", "TECH", D(1000))]


def test_costs_are_paid_out_of_what_is_sold() -> None:
    plan = a_plan(STOCKS_AND_BONDS, SIXTY_FORTY, cost_bps=D(20), fixed_cost=D(5))
    assert plan.residual_cash >= 0
    assert plan.total_cost == sum(t.cost for t in plan.trades)
    assert plan.total_cost > 10
    check_money(plan, D(0))
    assert abs(weight(plan, "equity") - D("0.6")) < D("0.001")


def test_the_cash_buffer_is_kept() -> None:
    plan = a_plan(STOCKS_AND_BONDS, SIXTY_FORTY, cash_buffer=D("0.02"))
    assert plan.residual_cash >= 200
    assert not plan.after.drifted
    assert "cash buffer 0.02" in plan.binding_constraints


def test_negative_cash_is_cured_by_sales() -> None:
    plan = a_plan([a_position("A", "1500"), a_position("B", "500", sector="energy")], [], "-1000")
    assert orders(plan) == [("sell", "A", D(1000))]
    assert plan.residual_cash == 0


def test_trades_below_the_minimum_are_not_made() -> None:
    exposures = [a_position("A", "5100"), a_position("B", "4900", sector="energy")]
    targets = [a_target("sector", "technology", "0.5"), a_target("sector", "energy", "0.5")]
    assert a_plan(exposures, targets, min_trade_value=D(200)).trades == ()
    assert len(a_plan(exposures, targets, min_trade_value=D(100)).trades) == 2


def test_a_band_goes_before_a_small_distance_when_trades_have_a_minimum() -> None:
    exposures = [a_position("A", "5600"), a_position("B", "4400", sector="energy")]
    targets = [a_target("sector", "technology", "0.5"), a_target("sector", "energy", "0.5")]
    plan = a_plan(exposures, targets, min_trade_value=D(900))
    assert orders(plan) == [("sell", "A", D(900)), ("buy", "B", D(900))]


def test_a_short_is_covered_and_never_enlarged_in_a_long_only_portfolio() -> None:
    exposures = [a_position("LONG", "11000"), a_position("SHORT", "-1000", sector="energy")]
    plan = a_plan(exposures, [a_target("sector", "energy", "0")])
    assert orders(plan) == [("buy", "SHORT", D(1000))] or not plan.after.drifted
    assert weight(plan, "energy") == 0


def test_a_long_short_portfolio_may_enlarge_a_short() -> None:
    exposures = [a_position("LONG", "11000"), a_position("SHORT", "-1000")]
    targets = [a_target("sector", "technology", "0.5")]
    plan = a_plan(exposures, targets, long_only=False)
    assert weight(plan, "technology") == D("0.5")
    assert [trade.quantity <= 11000 for trade in plan.trades if trade.ticker == "LONG"] in ([], [True])


def test_several_accounts_trade_their_own_position() -> None:
    exposures = [a_position("A", "3000", account="x"), a_position("A", "4000", account="y")]
    plan = a_plan(exposures, [a_target("security", "A", "0.5")], "3000")
    assert [(t.account, t.value) for t in plan.trades] == [("y", D(2000))]


@pytest.mark.parametrize(
    "options", [{}, {"whole_shares": True}, {"min_trade_value": D(10)}, {"fixed_cost": D(1)}]
)
def test_where_all_is_on_target_nothing_is_traded(options: dict[str, object]) -> None:
    exposures = [a_position("A", "6000", "10"), a_position("B", "4000", "10", asset_class="fixed_income")]
    plan = a_plan(exposures, SIXTY_FORTY, **options)
    assert plan.trades == ()
    assert plan.conflicts == ()


@pytest.mark.parametrize(("exposures", "cash"), [([], "0"), ([a_position("A", "100")], "-100")])
def test_without_value_nothing_is_traded_and_the_plan_says_why(exposures: list[Exposure], cash: str) -> None:
    plan = a_plan(exposures, SIXTY_FORTY, cash)
    assert plan.trades == ()
    assert plan.reason is not None
    assert "total value" in plan.reason


# conflicts -----------------------------------------------------------------------------------------------


def test_targets_that_cannot_hold_together_are_named_with_the_least_relaxation() -> None:
    exposures = [a_position("TECH", "5000"), a_position("JPOIL", "5000", sector="energy", geography="jp")]
    targets = [
        a_target("sector", "technology", "0.6", min_weight="0.5", band="0.1"),
        a_target("geography", "us", "0.1", max_weight="0.2", band="0.1"),
        a_target("sector", "energy", "0.3", band="0.5"),
    ]
    plan = a_plan(exposures, targets)
    (conflict,) = plan.conflicts
    assert set(conflict.allocations) == {"sector technology", "geography us"}
    assert sum(conflict.least_relaxation.values()) == pytest.approx(D("0.3"), abs=D("0.0001"))
    assert "sector technology between 50 % and 70 %" in conflict.explanation
    assert "geography us between 0 % and 20 %" in conflict.explanation


def test_independent_conflicts_are_all_listed() -> None:
    exposures = [a_position("TECH", "4000"), a_position("OIL", "6000", sector="energy", geography="no")]
    targets = [
        a_target("sector", "health", "0.2"),
        a_target("geography", "jp", "0.3"),
        a_target("security", "TECH", "0.4"),
    ]
    plan = a_plan(exposures, targets)
    assert sorted(c.allocations for c in plan.conflicts) == [("geography jp",), ("sector health",)]
    by_name = {c.allocations[0]: c for c in plan.conflicts}
    assert by_name["geography jp"].least_relaxation["geography jp"] == pytest.approx(
        D("0.25"), abs=D("0.0001")
    )
    assert "nothing in it is held" in by_name["sector health"].explanation


def test_a_barred_name_that_fills_its_bucket_is_named() -> None:
    exposures = [a_position("AAPL", "8000"), a_position("OIL", "2000", sector="energy")]
    plan = a_plan(exposures, [a_target("sector", "technology", "0.5")], do_not_trade=("aapl",))
    (conflict,) = plan.conflicts
    assert conflict.least_relaxation == {"sector technology": D("0.250000")}
    assert "AAPL may not be traded" in conflict.explanation
    assert "do_not_trade AAPL" in plan.binding_constraints
    assert plan.trades == ()


def test_with_everything_barred_the_plan_is_empty_and_says_why() -> None:
    plan = a_plan(STOCKS_AND_BONDS, SIXTY_FORTY, do_not_trade=("STOCK", "BOND"))
    assert plan.trades == ()
    assert len(plan.conflicts) == 2


def test_one_band_is_mended_although_another_cannot_be() -> None:
    exposures = [a_position("A", "8000"), a_position("B", "2000", sector="energy")]
    targets = [a_target("sector", "technology", "0.5"), a_target("sector", "health", "0.2")]
    plan = a_plan(exposures, targets)
    assert weight(plan, "technology") == D("0.5")
    assert [conflict.allocations for conflict in plan.conflicts] == [("sector health",)]


def test_a_share_too_coarse_for_the_band_is_a_conflict_with_the_reason() -> None:
    exposures = [a_position("BRK", "6000", "6000"), a_position("B", "4000", "10", sector="energy")]
    targets = [a_target("security", "BRK", "0.3", band="0.05")]
    plan = a_plan(exposures, targets, whole_shares=True)
    (conflict,) = plan.conflicts
    assert "in whole shares" in conflict.explanation
    assert weight(plan, "BRK") in (D("0.6"), D(0))


def test_a_buffer_against_bands_is_a_conflict_that_names_the_buffer() -> None:
    exposures = [a_position("A", "5000"), a_position("B", "5000", sector="energy")]
    targets = [
        a_target("sector", "technology", "0.5", band="0.01"),
        a_target("sector", "energy", "0.5", band="0.01"),
    ]
    plan = a_plan(exposures, targets, cash_buffer=D("0.1"))
    (conflict,) = plan.conflicts
    assert set(conflict.allocations) == {"cash buffer", "sector technology", "sector energy"}
    assert sum(conflict.least_relaxation.values()) == pytest.approx(D("0.08"), abs=D("0.0001"))
    assert plan.residual_cash >= 1000


def test_debt_that_sales_cannot_cure_is_a_conflict() -> None:
    plan = a_plan([a_position("A", "2000")], [], "-1000", do_not_trade=("A",))
    (conflict,) = plan.conflicts
    assert conflict.least_relaxation == {"cash buffer": D("1.000000")}


TWO_COINS = [a_position("USA", "1"), a_position("JAPAN", "1", geography="jp")]

NARROW = [  # the regions need 0.6856 of technology, whose upper edge is 0.7166
    a_target("sector", "technology", "0.6666"),
    a_target("geography", "us", "0.1428"),
    a_target("geography", "jp", "0.6428"),
]


def test_where_there_is_little_room_between_bands_a_plan_stays_half_as_far_inside() -> None:
    plan = a_plan(TWO_COINS, NARROW)
    assert plan.trades != ()
    assert not plan.after.drifted
    assert plan.conflicts == ()


def test_a_band_that_only_rounding_misses_is_a_conflict_with_the_reason() -> None:
    targets = [a_target("security", "USA", "0.3333", band="0.001"), a_target("geography", "jp", "0.5")]
    plan = a_plan(TWO_COINS, targets)  # a third of 2.00 is between two cents
    (conflict,) = plan.conflicts
    assert conflict.allocations == ("security USA",)
    assert "between 33.23 % and 33.43 % cannot be reached in amounts of 0.01" in conflict.explanation
    assert D("0.0005") < conflict.least_relaxation["security USA"] <= D("0.0025")
    assert not plan.proven_optimal


def test_an_edge_kept_in_spite_of_another_conflict_is_not_lost_to_rounding() -> None:
    exposures = [a_position("A", "8000"), a_position("B", "2000", sector="energy")]
    targets = [a_target("sector", "technology", "0.3333336"), a_target("sector", "health", "0.2")]
    plan = a_plan(exposures, targets, to="edge")
    assert missed(plan) == {"sector health"}


@pytest.mark.parametrize(
    ("value", "cost", "cash"), [("1", "1", "0"), ("1", "0.998", "0"), ("1.25", "1", "-0.25")]
)
def test_trades_that_would_cost_all_there_is_are_not_made(value: str, cost: str, cash: str) -> None:
    plan = a_plan([a_position("USA", value)], [a_target("geography", "us", "0")], cash, fixed_cost=D(cost))
    assert plan.trades == ()
    assert f"at a cost of {cost} a trade" in plan.conflicts[0].explanation
    assert missed(plan) <= explained(plan)
    assert not plan.proven_optimal


# whole shares --------------------------------------------------------------------------------------------


def test_whole_shares_are_whole_and_kept_within_the_money() -> None:
    exposures = [a_position("A", "7000", "70"), a_position("B", "3000", "30", asset_class="fixed_income")]
    plan = a_plan(exposures, SIXTY_FORTY, whole_shares=True)
    assert all(trade.quantity == int(trade.quantity) for trade in plan.trades)
    assert plan.residual_cash >= 0
    check_money(plan, D(0))


prices = st.integers(300, 9000).map(lambda cents: D(cents) / 100)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    shares=st.lists(st.integers(0, 6), min_size=2, max_size=3),
    price=st.lists(prices, min_size=3, max_size=3),
    parts=st.lists(st.integers(1, 9), min_size=3, max_size=3),
    cash=st.integers(0, 20000).map(lambda cents: D(cents) / 100),
)
def test_whole_shares_are_as_near_to_target_as_trying_everything(
    shares: list[int], price: list[Decimal], parts: list[int], cash: Decimal
) -> None:
    names = [f"N{at}" for at in range(len(shares))]
    exposures = [a_position(n, s * p, p) for n, s, p in zip(names, shares, price, strict=False)]
    total = sum((e.value for e in exposures), cash)
    if total <= 0:
        return
    goal = [D(part) / sum(parts[: len(names)]) for part in parts[: len(names)]]
    targets = [
        a_target("security", n, str(g.quantize(D("0.0001"), "ROUND_DOWN")), band="1")
        for n, g in zip(names, goal, strict=True)
    ]

    def distance(holding: tuple[int, ...]) -> Decimal:
        pairs = zip(holding, price, targets, strict=False)
        return sum((abs(h * p - t.target_weight * total) for h, p, t in pairs), D(0)) / total

    plan = a_plan(exposures, targets, cash, whole_shares=True)
    change = {t.ticker: t.quantity if t.side == "buy" else -t.quantity for t in plan.trades}
    ours = tuple(int(s + change.get(n, 0)) for n, s in zip(names, shares, strict=True))
    reachable = itertools.product(*(range(int(total / p) + 1) for p in price[: len(names)]))
    best = min(distance(h) for h in reachable if sum(x * p for x, p in zip(h, price, strict=False)) <= total)
    assert distance(ours) <= best + D("0.000001") + best * D("0.0002")


# properties ----------------------------------------------------------------------------------------------

NO_AMERICA = [a_target("geography", "us", "0")]
PLAIN: dict[str, object] = {
    "cash_buffer": D(0),
    "min_trade_value": D(0),
    "whole_shares": False,
    "do_not_trade": (),
}
SECTORS, REGIONS = ("technology", "energy", "health"), ("us", "jp")


@st.composite
def portfolios(draw: st.DrawFn) -> tuple[list[Exposure], Decimal, list[Target], dict[str, object]]:
    values = draw(st.lists(st.integers(100, 1_000_000), min_size=1, max_size=9))
    exposures = [
        a_position(
            f"T{at}",
            D(value) / 100,
            draw(st.sampled_from(["1", "7.31", "250.5", "0.0125"])),
            sector=draw(st.sampled_from(SECTORS)),
            geography=draw(st.sampled_from(REGIONS)),
        )
        for at, value in enumerate(values)
    ]
    cash = D(draw(st.integers(-sum(values) // 4, sum(values)))) / 100
    targets = [*_targets_of(draw, "sector", SECTORS), *_targets_of(draw, "geography", REGIONS)]
    options: dict[str, object] = {
        "to": draw(st.sampled_from(["target", "edge"])),
        "cash_buffer": draw(st.sampled_from([D(0), D("0.02")])),
        "cost_bps": draw(st.sampled_from([D(0), D(15)])),
        "min_trade_value": draw(st.sampled_from([D(0), D(0), D(50)])),
        "fixed_cost": draw(st.sampled_from([D(0), D(0), D(1)])),
        "whole_shares": draw(st.sampled_from([False, False, True])),
        "do_not_trade": draw(st.sampled_from([(), ("T0",)])),
    }
    return exposures, cash, targets, options


def _targets_of(draw: st.DrawFn, kind: str, buckets: tuple[str, ...]) -> list[Target]:
    parts = [draw(st.integers(0, 10)) for _ in buckets]
    whole = max(sum(parts), 1) + draw(st.sampled_from([0, 3]))
    chosen = draw(st.integers(0, len(buckets)))
    return [
        a_target(kind, name, str((D(part) / whole).quantize(D("0.0001"), "ROUND_DOWN")))
        for name, part in list(zip(buckets, parts, strict=True))[:chosen]
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(portfolio=portfolios())
@example(portfolio=(TWO_COINS, D(0), NARROW, PLAIN)).via("bands a cent apart")
@example(portfolio=(TWO_COINS[:1], D(0), NO_AMERICA, PLAIN | {"fixed_cost": D(1)})).via("costs take all")
def test_a_plan_keeps_every_promise(
    portfolio: tuple[list[Exposure], Decimal, list[Target], dict[str, object]],
) -> None:
    exposures, cash, targets, options = portfolio
    plan = a_plan(exposures, targets, cash, **options)
    held = {one.position_id: one for one in exposures}
    floor = D(str(options["cash_buffer"])) * plan.before.total_value

    check_money(plan, cash)
    assert plan.residual_cash >= floor or any(
        "cash buffer" in c.allocations or not c.allocations for c in plan.conflicts
    )
    assert missed(plan) <= explained(plan)
    assert plan.after.reason is None
    for trade in plan.trades:
        assert trade.quantity > 0
        assert trade.value > 0
        assert trade.ticker not in options["do_not_trade"]  # type: ignore[operator]
        assert trade.side == "buy" or trade.quantity <= held[trade.position_id].quantity  # type: ignore[index]
        assert trade.value >= D(str(options["min_trade_value"]))
        assert not options["whole_shares"] or trade.quantity == int(trade.quantity)
        assert abs(trade.value - trade.quantity * trade.estimated_price) <= D("0.005")
    assert len({t.position_id for t in plan.trades}) == len(plan.trades)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(portfolio=portfolios(), data=st.data())
def test_the_order_of_the_input_does_not_matter(
    portfolio: tuple[list[Exposure], Decimal, list[Target], dict[str, object]], data: st.DataObject
) -> None:
    exposures, cash, targets, options = portfolio
    shuffled = data.draw(st.permutations(exposures)), data.draw(st.permutations(targets))
    assert a_plan(*shuffled, cash, **options).trades == a_plan(exposures, targets, cash, **options).trades


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(portfolio=portfolios(), factor=st.sampled_from([10, 1000]))
def test_a_portfolio_many_times_as_large_has_trades_many_times_as_large(
    portfolio: tuple[list[Exposure], Decimal, list[Target], dict[str, object]], factor: int
) -> None:
    exposures, cash, targets, _ = portfolio
    larger = [
        a_position(e.ticker, e.value * factor, e.price, sector=e.sector, geography=e.geography)
        for e in exposures
    ]  # type: ignore[arg-type]
    once, scaled = a_plan(exposures, targets, cash), a_plan(larger, targets, cash * factor)
    if once.reason is None:  # the cents that are kept inside each band weigh more in a small portfolio
        cents = D("0.003") + 2 / once.before.total_value
        assert once.turnover_two_way == pytest.approx(scaled.turnover_two_way, abs=cents)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(portfolio=portfolios())
def test_a_plan_has_nothing_left_to_do(
    portfolio: tuple[list[Exposure], Decimal, list[Target], dict[str, object]],
) -> None:
    exposures, cash, targets, _ = portfolio
    plan = a_plan(exposures, targets, cash, to="edge")
    if plan.reason is None and not plan.conflicts:
        assert not plan.after.drifted
        assert plan.trades == () or plan.before.drifted or cash < 0
