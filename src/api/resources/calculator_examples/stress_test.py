"""Examples of stress tests."""

from typing import Final

from api.resources.examples import Body, Examples

REQUESTS: Final[Examples] = {
    "two funds": {
        "weights": {"SPY": 0.6, "AGG": 0.4},
        "expectedReturns": {"SPY": 0.0003, "AGG": 0.0002},
        "dailyVols": {"SPY": 0.01, "AGG": 0.008},
        "correlationMatrix": [[1.0, 0.4], [0.4, 1.0]],
        "assetOrder": ["SPY", "AGG"],
        "scenarios": ["GFC_2008", "COVID_2020"],
        "simulations": 500,
    }
}
ANSWER: Final[Body] = {
    "scenarios": [
        {
            "name": "GFC_2008",
            "durationDays": 127,
            "maxDrawdown": -0.5612154245376587,
            "var95": -0.48406937420368196,
            "cvar95": -0.5309582757949829,
            "expectedDrawdown": -0.334493462562561,
        },
        {
            "name": "COVID_2020",
            "durationDays": 23,
            "maxDrawdown": -0.3963417816162109,
            "var95": -0.35761145651340487,
            "cvar95": -0.38600084781646726,
            "expectedDrawdown": -0.2195577175617218,
        },
    ],
    "simulations": 500,
    "seed": 0,
    "rebalancing": "daily",
}
