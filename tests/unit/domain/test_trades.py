from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy import RebalanceOptions
from domain.trades import Precision, Trade, Wish, place_trades, residual_cash, turnover_two_way

D = Decimal
PLAIN = RebalanceOptions()


def a_wish(ticker: str, quantity: str, price: str = "10", held: str = "100") -> Wish:
    return Wish(
        ticker=ticker,
        instrument_id=uuid5(UUID(int=1), ticker),
        position_id=uuid5(UUID(int=2), ticker),
        account="",
        price=D(price),
        quantity=D(quantity),
        held=D(held),
    )


def placed(
    *wishes: Wish,
    cash: str = "0",
    floor: str = "0",
    options: RebalanceOptions = PLAIN,
    precision: Precision = Precision(),  # noqa: B008
) -> tuple[Trade, ...]:
    return place_trades(wishes, cash=D(cash), cash_floor=D(floor), options=options, precision=precision)


def test_sales_come_first_and_each_side_is_in_order() -> None:
    wishes = [a_wish("B", "1"), a_wish("D", "-2"), a_wish("A", "1"), a_wish("C", "-2")]
    assert [t.ticker for t in placed(*wishes)] == ["C", "D", "A", "B"]


def test_quantities_have_six_decimals_and_values_are_in_cents() -> None:
    (trade,) = placed(a_wish("A", "-1.23456789", price="3.333"))
    assert trade.quantity == D("1.234568")
    assert trade.value == D("4.11")
    assert trade.side == "sell"


def test_a_currency_without_cents_has_whole_values() -> None:
    (trade,) = placed(a_wish("A", "-3", price="150.4"), precision=Precision(currency_exponent=0))
    assert trade.value == D(451)


def test_a_remainder_worth_less_than_a_cent_is_sold_too() -> None:
    (trade,) = placed(a_wish("A", "-99.9999", held="100.00000012345"))
    assert trade.quantity == D("100.00000012345")


def test_a_remainder_worth_more_stays() -> None:
    (trade,) = placed(a_wish("A", "-99.9"))
    assert trade.quantity == D("99.9")


def test_no_sale_exceeds_the_holding() -> None:
    (trade,) = placed(a_wish("A", "-100.5"))
    assert trade.quantity == 100


def test_covering_a_short_ends_at_nothing_exactly() -> None:
    (trade,) = placed(a_wish("A", "49.9999999", held="-50.00000001"), cash="1000")
    assert trade.quantity == D("50.00000001")


def test_costs_are_proportional_and_fixed_in_cents() -> None:
    options = RebalanceOptions(cost_bps=D(15), fixed_cost=D("1.5"))
    (trade,) = placed(a_wish("A", "-33.3"), options=options)
    assert trade.cost == D("2.00")  # 333.00 · 0.0015 = 0.4995, plus 1.50
    assert trade.cash_flow == D("331.00")


def test_what_is_overspent_is_cut_from_the_largest_buy() -> None:
    trades = placed(a_wish("BIG", "70.01"), a_wish("SMALL", "30"), cash="1000")
    assert [(t.ticker, t.value) for t in trades] == [("BIG", D(700)), ("SMALL", D(300))]
    assert residual_cash(D(1000), trades) == 0


def test_the_floor_is_kept_to_the_cent() -> None:
    trades = placed(a_wish("A", "100", price="9.99"), cash="1000", floor="20.005")
    assert D("20.005") <= residual_cash(D(1000), trades) < D("20.03")


def test_without_a_buy_to_cut_the_largest_sale_is_enlarged() -> None:
    trades = placed(a_wish("A", "-9.9996"), a_wish("B", "-1"), cash="-110", floor="0.004")
    assert residual_cash(D(-110), trades) >= D("0.004")
    assert trades[0].quantity > D("9.9996")


def test_a_buy_cut_below_the_minimum_is_dropped() -> None:
    options = RebalanceOptions(min_trade_value=D(100))
    assert placed(a_wish("A", "10"), cash="99.99", options=options) == ()


def test_a_trade_that_rounding_took_just_below_the_minimum_keeps_it() -> None:
    options = RebalanceOptions(min_trade_value=D(100))
    (trade,) = placed(a_wish("A", "-9.9999999", price="10.00001"), options=options)
    assert trade.value >= 100


def test_whole_shares_are_cut_by_whole_shares() -> None:
    trades = placed(
        a_wish("A", "10"),
        cash="99.99",
        options=RebalanceOptions(whole_shares=True),
        precision=Precision(quantity_exponent=0),
    )
    assert [t.quantity for t in trades] == [9]


def test_a_fraction_of_a_share_is_not_sold_to_raise_the_last_cent() -> None:
    trades = placed(
        a_wish("A", "-1", held="1.99"),
        cash="-15",
        options=RebalanceOptions(whole_shares=True),
        precision=Precision(quantity_exponent=0),
    )
    assert [t.quantity for t in trades] == [1]


def test_a_wish_too_small_for_a_cent_is_no_trade() -> None:
    assert placed(a_wish("A", "-0.0004")) == ()


def test_turnover_counts_both_sides() -> None:
    trades = placed(a_wish("A", "-10"), a_wish("B", "10"))
    assert turnover_two_way(trades, D(1000)) == D("0.2")


@given(
    wishes=st.lists(
        st.tuples(
            st.decimals(-200, 200, places=8),
            st.decimals("0.0001", 5000, places=4),
            st.decimals(0, 150, places=7),
        ),
        max_size=6,
    ),
    cash=st.decimals(0, 5000, places=2),
    bps=st.sampled_from([D(0), D(7), D(250)]),
)
def test_trades_and_cash_sum_exactly_and_nothing_is_oversold(
    wishes: list[tuple[Decimal, Decimal, Decimal]], cash: Decimal, bps: Decimal
) -> None:
    asked = [a_wish(f"T{at}", str(q), str(p), str(h)) for at, (q, p, h) in enumerate(wishes)]
    trades = placed(*asked, cash=str(cash), options=RebalanceOptions(cost_bps=bps))
    held = {wish.position_id: wish.held for wish in asked}
    flows = [(t.value if t.side == "sell" else -t.value) - t.cost for t in trades]
    assert residual_cash(cash, trades) == cash + sum(flows, D(0))
    assert residual_cash(cash, trades) >= 0
    assert all(t.quantity <= held[t.position_id] for t in trades if t.side == "sell")


@pytest.mark.parametrize("price", ["1", "0.00001", "123456.789"])
def test_values_are_quantity_times_price_to_the_cent(price: str) -> None:
    for trade in placed(a_wish("A", "-77.7777777", price=price)):
        assert abs(trade.value - trade.quantity * trade.estimated_price) <= D("0.005")
