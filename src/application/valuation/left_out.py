"""What figures leave out, in words: the same words under every figure."""

from collections.abc import Iterable, Mapping
from typing import Final

from domain.risk import Left

WHY: Final[Mapping[str, str]] = {
    "no_price": "No price is known.",
    "no_rate": "No exchange rate to the portfolio's currency is known.",
    "no_listing": "Market data does not know the instrument; import its prices.",
    "no_history": "Fewer than two prices are known.",
}


def left_out(excluded: Iterable[tuple[str, str]], *, no_history: str = WHY["no_history"]) -> list[Left]:
    """Say in words why tickers are left out, each reason of a ticker once.

    no_history : how much of its past a figure needs.
    """
    words = {**WHY, "no_history": no_history}
    return [
        Left(ticker=ticker, code=code, detail=words.get(code, code))
        for ticker, code in dict.fromkeys(excluded)
    ]
