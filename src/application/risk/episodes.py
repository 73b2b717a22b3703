"""Days of the past that portfolios are tried on: closing prices of the first day to those of the last."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from application.risk.questions import Scenario


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode of the market."""

    name: Scenario
    starts: date
    ends: date


EPISODES: Final[dict[Scenario, Episode]] = {
    one.name: one
    for one in (
        # Highs and lows of the S&P 500 by closing level.
        Episode("2008_financial_crisis", date(2007, 10, 9), date(2009, 3, 9)),
        Episode("covid_crash", date(2020, 2, 19), date(2020, 3, 23)),
        Episode("dotcom", date(2000, 3, 24), date(2002, 10, 9)),
    )
}
