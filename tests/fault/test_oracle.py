from decimal import Decimal
from uuid import uuid4

from tests.fault.oracle import (
    Archived,
    CashMoved,
    Decided,
    Expected,
    FileImported,
    Lot,
    Oracle,
    PositionClosed,
    PositionRecorded,
    PositionRevised,
    RebalanceAsked,
    Restored,
    Revised,
    TargetRemoved,
    TargetSet,
    Weights,
)


def a_lot(quantity: str, cost: str = "10", price: str = "12") -> Lot:
    return Lot(Decimal(quantity), Decimal(cost), Decimal(price))


def a_portfolio(cash: str = "0") -> Expected:
    return Oracle().registered(uuid4(), tenant="north", name="First", cash=Decimal(cash))


def test_cash_adds_up_over_accounts_and_every_move_is_counted() -> None:
    known = a_portfolio(cash="100")
    known.apply(CashMoved(Decimal("-30.50")))
    known.apply(FileImported("a", {}, Decimal("7"), snapshot=False))
    known.apply(FileImported("a", {}, Decimal("9"), snapshot=False))
    assert known.cash_balance == Decimal("78.50")
    assert known.events["holdings.cash-moved"] == 2
    assert known.events["holdings.positions-imported"] == 2


def test_a_snapshot_closes_what_its_own_account_held_and_nothing_else() -> None:
    known = a_portfolio()
    known.apply(FileImported("a", {"AAPL": a_lot("1"), "KO": a_lot("2")}, Decimal(0), snapshot=False))
    known.apply(FileImported("b", {"AAPL": a_lot("3")}, Decimal(0), snapshot=False))
    known.apply(FileImported("a", {"KO": a_lot("5")}, Decimal(0), snapshot=True))
    assert known.lots == {("a", "KO"): a_lot("5"), ("b", "AAPL"): a_lot("3")}


def test_a_second_purchase_averages_the_cost() -> None:
    known = a_portfolio()
    known.apply(PositionRecorded("a", "KO", Decimal(1), Decimal(10)))
    known.apply(PositionRecorded("a", "KO", Decimal(3), Decimal(20)))
    assert known.lots["a", "KO"] == Lot(Decimal(4), Decimal("17.5"), Decimal(20))


def test_a_closed_position_is_gone_and_a_revised_one_keeps_its_cost() -> None:
    known = a_portfolio()
    known.apply(PositionRecorded("a", "KO", Decimal(1), Decimal(10)))
    known.apply(PositionRevised("a", "KO", Decimal(8)))
    assert known.lots["a", "KO"] == Lot(Decimal(8), Decimal(10), Decimal(10))
    known.apply(PositionClosed("a", "KO"))
    assert known.lots == {}


def test_targets_fields_requests_and_decisions_are_remembered() -> None:
    known = a_portfolio()
    weights = Weights(Decimal("0.1"), Decimal(0), Decimal(1))
    known.apply(TargetSet("tech", weights))
    known.apply(TargetSet("energy", weights))
    known.apply(TargetRemoved("energy"))
    known.apply(Revised({"name": "Second"}))
    known.apply(RebalanceAsked(force=True))
    known.apply(Decided("r", "declined"))
    assert known.targets == {"tech": weights}
    assert known.fields == {"name": "Second", "description": None}
    assert known.events["portfolio.rebalance-requested"] == 1
    assert known.decisions == {"r": "declined"}


def test_an_archived_portfolio_comes_back_and_is_known_to_have_been_away() -> None:
    known = a_portfolio()
    known.apply(Archived())
    assert not known.is_active
    known.apply(Restored())
    assert known.is_active
    assert known.was_archived
