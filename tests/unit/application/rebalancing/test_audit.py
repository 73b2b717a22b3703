from decimal import Decimal

from application.rebalancing.audit import currency_exponent, figure, plain


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert [currency_exponent(currency) for currency in ("USD", "JPY", "KWD")] == [2, 0, 3]


def test_fractions_lose_the_digits_that_mean_nothing() -> None:
    assert figure(Decimal(1) / Decimal(3)) == Decimal("0.3333333333")
    assert str(plain(Decimal("1.500E+3"))) == "1500"
