"""Examples of the size of a position."""

from typing import Final

from api.resources.examples import Body, Examples

REQUESTS: Final[Examples] = {
    "half Kelly of returns": {"expectedReturn": 0.12, "variance": 0.04, "fraction": 0.5},
    "a bet": {"mode": "discrete", "winProbability": 0.6, "winLossRatio": 1.0, "fraction": 1.0},
}
ANSWER: Final[Body] = {"kellyOptimal": 3.0, "recommended": 0.25, "clamped": True, "cap": 0.25}
