"""Figures on their way out: computed ones lose the digits that mean nothing, exact ones keep all of theirs."""

from decimal import Context, Decimal
from typing import Final, overload

MONEY_PLACES: Final = 6
PRICE_PLACES: Final = 10
SAID_DIGITS: Final = 18
AVERAGE_DIGITS: Final = 12
WEIGHT_PLACES: Final = 10
PERCENT_PLACES: Final = 8
_WIDE: Final = Context(prec=200)
_INTEGER: Final = Decimal(1)


@overload
def rounded(figure: Decimal, places: int) -> Decimal: ...
@overload
def rounded(figure: Decimal | None, places: int) -> Decimal | None: ...
def rounded(figure: Decimal | None, places: int) -> Decimal | None:
    """Return the figure with at most `places` decimals; one that has no more goes out as it is."""
    if figure is None:
        return None
    exponent = figure.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -places:
        return figure
    figure = figure.quantize(Decimal(1).scaleb(-places), context=_WIDE).normalize(_WIDE)
    return figure.quantize(_INTEGER, context=_WIDE) if figure == figure.to_integral_value() else figure


def money(figure: Decimal | None) -> Decimal | None:
    """Return an amount of money."""
    return rounded(figure, MONEY_PLACES)


def price(figure: Decimal | None) -> Decimal | None:
    """Return an amount per unit: as it was said, or, where it is an average, without what means nothing.

    What has more digits than anybody writes is an average; of small ones the leading zeros do not count.
    """
    if figure is None or len(figure.as_tuple().digits) <= SAID_DIGITS:
        return figure
    return rounded(figure, max(PRICE_PLACES, AVERAGE_DIGITS - 1 - figure.adjusted()))


def weight(figure: Decimal | None) -> Decimal | None:
    """Return a fraction."""
    return rounded(figure, WEIGHT_PLACES)


def percent(figure: Decimal | None) -> Decimal | None:
    """Return a percentage."""
    return rounded(figure, PERCENT_PLACES)


def as_percent(fraction: Decimal | None) -> Decimal | None:
    """Return a fraction as percent."""
    return None if fraction is None else percent(fraction * 100)
