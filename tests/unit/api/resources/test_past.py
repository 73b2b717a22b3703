from decimal import Decimal

from api.resources.past import gains

D = Decimal


def test_a_rising_price_is_a_gain_of_a_long_position() -> None:
    assert gains(D(100), D(150), D("175.84"))[:2] == (D(17584), D(2584))
    assert gains(D(100), D(100), D(110)).unrealized_pnl_percent == 10


def test_a_rising_price_is_a_loss_of_a_short_position() -> None:
    assert gains(D(-10), D(100), D(110)) == (D(-1100), D(-100), D(-10))


def test_without_a_price_nothing_is_known_and_without_a_cost_no_gain() -> None:
    assert gains(D(1), D(100), None) == (None, None, None)
    assert gains(D(1), None, D(100)) == (D(100), None, None)


def test_what_cost_nothing_has_no_percentage() -> None:
    assert gains(D(2), D(0), D(5)) == (D(10), D(10), None)
