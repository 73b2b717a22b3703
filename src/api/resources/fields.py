"""Field types that several bodies and queries share, each with its unit and sign."""

from decimal import Decimal
from typing import Annotated, Final

import msgspec
from litestar.params import QueryParameter

from api.figures import exact

LINE: Final = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*(?!\n)$"
"""One line of text that is not only blanks; a bare `$` would let a line feed at the end pass in Python."""
TICKER: Final = r"^[A-Za-z0-9^.$#][A-Za-z0-9^.$#=:/ _*+&-]*(?!\n)$"

Name = Annotated[
    str, msgspec.Meta(min_length=1, max_length=200, pattern=LINE, description="Display name, one line.")
]
FREE_TEXT: Final = r"^[^\x00]*$"
Text = Annotated[str, msgspec.Meta(max_length=2000, pattern=FREE_TEXT, description="Free text.")]
Note = Annotated[str, msgspec.Meta(max_length=2000, pattern=FREE_TEXT, description="Anything worth keeping.")]
Ticker = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=64, pattern=TICKER, description="Ticker symbol.", examples=["AAPL"]
    ),
]
Tickers = Annotated[list[Ticker], msgspec.Meta(max_length=1000, description="Tickers to leave alone.")]
Money = Annotated[Decimal, exact("Amount of money.", ge=0)]
Price = Annotated[Decimal, exact("Amount per unit, in the instrument's currency.", ge=0, examples=[175.84])]
Quantity = Annotated[
    Decimal,
    exact("Units held; negative is a short position.", examples=[100]),
]
Fraction = Annotated[Decimal, exact("Fraction of total value, 0.25 is 25 %.", ge=0, le=1)]

Offset = Annotated[
    int, QueryParameter(ge=0, le=1_000_000_000, description="How many rows to leave out at the beginning.")
]
PageOf200 = Annotated[int, QueryParameter(ge=1, le=200, description="Rows at most, 1 to 200.")]
PageOf500 = Annotated[int, QueryParameter(ge=1, le=500, description="Rows at most, 1 to 500.")]

Total = Annotated[int, msgspec.Meta(ge=0, description="Rows that fit, whatever the page.")]
LimitUsed = Annotated[int, msgspec.Meta(description="Rows at most, as asked or by default.")]
OffsetUsed = Annotated[
    int, msgspec.Meta(description="Rows left out at the beginning, as asked or by default.")
]
