"""Examples of factor scores."""

from typing import Final

from api.resources.examples import Body, Examples

REQUESTS: Final[Examples] = {
    "four days of three assets": {
        "assets": [
            {
                "ticker": "AAPL",
                "priceHistory": [170.0, 171.5, 173.0, 172.0, 175.5],
                "roe": 0.15,
                "debtToEquity": 0.3,
                "bookValuePerShare": 4.0,
                "price": 175.5,
            },
            {
                "ticker": "JPM",
                "priceHistory": [140.0, 139.0, 141.0, 140.5, 142.0],
                "roe": 0.14,
                "debtToEquity": 1.2,
                "bookValuePerShare": 100.0,
                "price": 142.0,
            },
            {"ticker": "GLD", "priceHistory": [180.0, 180.5, 180.0, 181.0, 181.5]},
        ],
        "lookback": 4,
    }
}
ANSWER: Final[Body] = {
    "scores": {
        "AAPL": {
            "momentum": 0.915217108331445,
            "lowVol": 0.23211272913215947,
            "quality": 0.8413447460685429,
            "value": 0.15865525393145707,
        },
        "JPM": {
            "momentum": 0.34627541180442206,
            "lowVol": 0.2476152504753828,
            "quality": 0.15865525393145707,
            "value": 0.8413447460685429,
        },
        "GLD": {
            "momentum": 0.16398657422783552,
            "lowVol": 0.9213073268344285,
            "quality": None,
            "value": None,
        },
    },
    "ranks": {
        "AAPL": {"momentum": 1, "lowVol": 3, "quality": 1, "value": 2},
        "JPM": {"momentum": 2, "lowVol": 2, "quality": 2, "value": 1},
        "GLD": {"momentum": 3, "lowVol": 1, "quality": None, "value": None},
    },
    "values": {
        "AAPL": {
            "momentum": 0.032352941176,
            "lowVol": 0.169894863832,
            "quality": 0.9999999999999987,
            "value": 0.022792022792022793,
        },
        "JPM": {
            "momentum": 0.014285714286,
            "lowVol": 0.167233013781,
            "quality": -1.0000000000000013,
            "value": 0.704225352112676,
        },
        "GLD": {"momentum": 0.008333333333, "lowVol": 0.055413471127, "quality": None, "value": None},
    },
    "unavailable": {
        "GLD": {
            "quality": {"code": "missing_fields", "detail": "It needs roe and debtToEquity."},
            "value": {"code": "missing_fields", "detail": "It needs bookValuePerShare and price."},
        }
    },
}
