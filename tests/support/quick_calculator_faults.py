"""Bodies for the calculators in camelCase, and faults to put into them that have nothing to do with each other."""

from collections.abc import Mapping
from typing import Any, Final

from tests.support.faults import LEFT_OUT, UNKNOWN_FIELD, Fault, Faulty


def _asset(ticker: str) -> dict[str, Any]:
    return {"ticker": ticker, "priceHistory": [10, 11, 12], "roe": 0.1, "debtToEquity": 0.5}


FAULTY: Final[Mapping[str, Faulty]] = {
    "size-position": Faulty(
        {"mode": "discrete", "winProbability": 0.6, "winLossRatio": 1.5, "fraction": 0.5},
        (
            UNKNOWN_FIELD,
            Fault(("winProbability",), 1.5, "winProbability", "out_of_range"),
            Fault(("fraction",), 0, "fraction", "out_of_range"),
            Fault(("maxDrawdownFraction",), "x", "maxDrawdownFraction", "wrong_type"),
        ),
        (
            Fault(("winLossRatio",), LEFT_OUT, "winLossRatio", "missing"),
            Fault(("expectedReturn",), 0.1, "expectedReturn", "other_mode"),
            Fault(("variance",), 0.04, "variance", "other_mode"),
            Fault(("riskFreeRate",), 0.01, "riskFreeRate", "other_mode"),
        ),
    ),
    "factor-score": Faulty(
        {
            "assets": [_asset("A"), _asset("B"), _asset("C")],
            "factors": ["momentum", "value", "quality"],
            "lookback": 2,
        },
        (
            UNKNOWN_FIELD,
            Fault(("assets", 0, "priceHistory", 1), 0, "assets.0.priceHistory.1", "out_of_range"),
            Fault(("assets", 1, "roe"), "good", "assets.1.roe", "wrong_type"),
            Fault(("assets", 1, "price"), -1, "assets.1.price", "out_of_range"),
            Fault(("lookback",), 0, "lookback", "out_of_range"),
        ),
        (
            Fault(("assets", 2, "ticker"), "A", "assets.2.ticker", "duplicate"),
            Fault(("factors", 1), "momentum", "factors.1", "duplicate"),
        ),
    ),
    "stress-test": Faulty(
        {
            "weights": {"SPY": 0.5, "AGG": 0.3, "BRK.B": 0.2},
            "expectedReturns": {"SPY": 0.0003, "AGG": 0.0002, "BRK.B": 0.0003},
            "dailyVols": {"SPY": 0.01, "AGG": 0.008, "BRK.B": 0.012},
            "correlationMatrix": [[1, 0.4, 0.5], [0.4, 1, 0.2], [0.5, 0.2, 1]],
            "assetOrder": ["SPY", "AGG", "BRK.B"],
            "scenarios": ["GFC_2008", "COVID_2020"],
        },
        (
            UNKNOWN_FIELD,
            Fault(("simulations",), 49, "simulations", "out_of_range"),
            Fault(("seed",), -1, "seed", "out_of_range"),
            Fault(("dailyVols", "SPY"), -0.01, "dailyVols.SPY", "out_of_range"),
            Fault(("expectedReturns", "AGG"), "x", "expectedReturns.AGG", "wrong_type"),
        ),
        (
            Fault(("weights", "SPY"), 0.6, "weights", "sum_not_one"),
            Fault(("scenarios", 1), "GFC_2008", "scenarios.1", "duplicate"),
            Fault(("expectedReturns", "BRK.B"), LEFT_OUT, r"expectedReturns.BRK\.B", "missing"),
            Fault(("dailyVols", "GLD"), 0.01, "dailyVols.GLD", "unknown_asset"),
            Fault(("correlationMatrix", 2, 1), 0.3, "correlationMatrix.2.1", "not_symmetric"),
            Fault(("correlationMatrix", 1, 1), 0.9, "correlationMatrix.1.1", "not_one"),
        ),
    ),
}
