from decimal import Decimal
from typing import Any

import msgspec
import pytest

from application.calculators.rebalance import calculate
from application.calculators.rebalance_answer import RebalanceAnswer
from application.calculators.rebalance_request import RebalanceRequest
from domain.errors import Refused

HOLDINGS = [
    {"symbol": "aapl", "quantity": "100", "price": "150", "sector": "Technology"},
    {"symbol": "XOM", "quantity": "50", "price": "100", "sector": "energy"},
]


def allocation(bucket: str, weight: str, **given: str) -> dict[str, str]:
    return {"allocation_type": "sector", "bucket": bucket, "target_weight": weight, **given}


def answered(
    holdings: list[dict[str, str]], allocations: list[dict[str, str]], *, cash: str = "0", **options: Any
) -> RebalanceAnswer:
    sent = {"holdings": holdings, "cash": cash, "allocations": allocations, "options": options}
    return calculate(msgspec.convert(sent, RebalanceRequest))


def test_trades_lead_to_the_targets_and_money_adds_up() -> None:
    answer = answered(
        HOLDINGS, [allocation("technology", "0.5"), allocation("Energy", "0.4")], cash="2000", cost_bps="10"
    )

    assert answer.total_value == 22000
    assert answer.rebalance_needed
    assert [(one.ticker, one.side) for one in answer.trades] == [("AAPL", "sell"), ("XOM", "buy")]
    flows = sum((one.value if one.side == "sell" else -one.value) - one.cost for one in answer.trades)
    assert answer.residual_cash == 2000 + flows
    assert answer.total_cost == sum(one.cost for one in answer.trades) > 0
    before = {one.bucket: one.actual_weight for one in answer.before}
    assert before["technology"] == Decimal("0.6818181818")
    after = {one.bucket: one.actual_weight for one in answer.after}
    assert after["technology"] == pytest.approx(Decimal("0.5"), abs=Decimal("0.001"))
    assert {one.status for one in answer.after} == {"inside"}


def test_an_instrument_of_quantity_0_may_be_bought() -> None:
    candidate = {"symbol": "JPM", "quantity": "0", "price": "130", "sector": "banks"}
    answer = answered(
        [*HOLDINGS, candidate], [allocation("financials", "0.2"), allocation("technology", "0.6")]
    )
    assert ("JPM", "buy") in [(one.symbol, one.side) for one in answer.trades]


def test_trades_are_made_within_the_bands_too() -> None:
    answer = answered(HOLDINGS, [allocation("technology", "0.74")])
    assert not answer.rebalance_needed
    assert answer.trades


def test_without_force_nothing_is_traded_within_the_bands() -> None:
    answer = answered(HOLDINGS, [allocation("technology", "0.74")], force=False)
    assert answer.trades == []
    assert answer.reason == "every bucket is inside its band"
    assert answered(HOLDINGS, [allocation("technology", "0.5")], force=False).trades


def test_a_holding_of_cash_is_cash_and_a_ticker_is_a_symbol() -> None:
    money = {"ticker": "USD", "quantity": "2000", "price": "1", "asset_class": "cash"}
    named = [
        {"ticker" if name == "symbol" else name: value for name, value in one.items()} for one in HOLDINGS
    ]
    targets = [allocation("technology", "0.5"), allocation("energy", "0.4")]
    assert answered([*named, money], targets) == answered(HOLDINGS, targets, cash="2000")


def test_targets_that_cannot_be_reached_are_explained() -> None:
    answer = answered(HOLDINGS, [allocation("utilities", "0.3")])
    assert "nothing in it is held or offered" in answer.conflicts[0].explanation


def test_a_worthless_portfolio_has_a_reason_instead_of_trades() -> None:
    answer = answered([], [allocation("technology", "0.5")])
    assert answer.trades == []
    assert answer.reason is not None


def test_yen_have_no_decimals() -> None:
    answer = answered(HOLDINGS, [allocation("technology", "0.5")], currency="JPY")
    assert all(one.value == one.value.to_integral_value() for one in answer.trades)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    holdings = [
        *HOLDINGS,
        {"symbol": "AAPL", "quantity": "1", "price": "1"},
        {"quantity": "1", "price": "1"},
        {"symbol": "KO", "ticker": "PEP", "quantity": "1", "price": "1"},
    ]
    allocations = [
        allocation("technology", "0.9", max_weight="0.8"),
        allocation("IT", "0.2", min_weight="0.3"),
        {"allocation_type": "asset_class", "bucket": "stamps", "target_weight": "0.1"},
    ]
    with pytest.raises(Refused) as refusal:
        answered(holdings, allocations)
    assert [(one.field, one.code) for one in refusal.value.violations] == [
        ("holdings.2.symbol", "duplicate"),
        ("holdings.3.symbol", "missing"),
        ("holdings.4.ticker", "contradiction"),
        ("allocations.0.max_weight", "below_target"),
        ("allocations.1.min_weight", "above_target"),
        ("allocations.1.bucket", "duplicate"),
        ("allocations.2.bucket", "unknown_bucket"),
        ("allocations", "sum_above_one"),
    ]


TINY = "0.000000000001"


@pytest.mark.parametrize(
    "holdings",
    [
        [{"symbol": "A", "quantity": TINY, "price": TINY}, {"symbol": "B", "quantity": "0", "price": "1"}],
        [
            {"symbol": "A", "quantity": "9" * 24, "price": "9" * 24},
            {"symbol": "B", "quantity": TINY, "price": TINY},
        ],
    ],
)
def test_values_beyond_what_a_solver_takes_are_refused(holdings: list[dict[str, str]]) -> None:
    targets = [
        {"allocation_type": "security", "bucket": "A", "target_weight": "0.2"},
        {"allocation_type": "security", "bucket": "B", "target_weight": "0.8"},
    ]

    with pytest.raises(Refused) as refusal:
        answered(holdings, targets)

    assert [(one.field, one.code) for one in refusal.value.violations] == [("holdings", "out_of_range")]
