"""The words of a bridge."""

from decimal import Decimal

from application.explain.sentences import step_sentence, whole_sentence

DAYS = ("2024-01-02", "2024-02-01")


def test_a_weight_changes_by_percentage_points() -> None:
    told = whole_sentence("weight of AAPL", Decimal("0.15"), Decimal("0.125"), DAYS, None)
    assert told == (
        "From 2024-01-02 to 2024-02-01 the weight of AAPL fell by 2.5000 percentage points, "
        "from 15.0000 % to 12.5000 %."
    )
    assert step_sentence("prices", Decimal("-0.025"), None) == "Prices took off 2.5000 percentage points."


def test_money_changes_by_money() -> None:
    assert step_sentence("prices", Decimal("1525"), "USD") == "Prices added 1,525.00 USD."
    told = whole_sentence("total value", Decimal(1), Decimal(1), DAYS, "USD")
    assert told == "From 2024-01-02 to 2024-02-01 the total value stayed at 1.00 USD."
