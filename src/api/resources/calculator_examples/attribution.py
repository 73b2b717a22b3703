"""Examples of an active return."""

from typing import Final

from api.resources.examples import Body, Examples

REQUESTS: Final[Examples] = {
    "one period": {
        "periods": [
            {
                "label": "2025-Q1",
                "segments": [
                    {
                        "segment": "UK equities",
                        "portfolio_weight": 0.4,
                        "benchmark_weight": 0.4,
                        "portfolio_return": 0.2,
                        "benchmark_return": 0.1,
                    },
                    {
                        "segment": "Japanese equities",
                        "portfolio_weight": 0.3,
                        "benchmark_weight": 0.2,
                        "portfolio_return": -0.05,
                        "benchmark_return": -0.04,
                    },
                    {
                        "segment": "US equities",
                        "portfolio_weight": 0.3,
                        "benchmark_weight": 0.4,
                        "portfolio_return": 0.06,
                        "benchmark_return": 0.08,
                    },
                ],
            }
        ],
        "method": "brinson_fachler",
        "linking": "carino",
    }
}
ANSWER: Final[Body] = {
    "segments": [
        {
            "segment": "UK equities",
            "allocation_effect": 0.0,
            "selection_effect": 0.04000000000000001,
            "interaction_effect": 0.0,
            "total_effect": 0.04000000000000001,
        },
        {
            "segment": "Japanese equities",
            "allocation_effect": -0.010399999999999998,
            "selection_effect": -0.0020000000000000005,
            "interaction_effect": -0.001,
            "total_effect": -0.013399999999999999,
        },
        {
            "segment": "US equities",
            "allocation_effect": -0.0016000000000000005,
            "selection_effect": -0.008000000000000002,
            "interaction_effect": 0.002000000000000001,
            "total_effect": -0.007600000000000002,
        },
    ],
    "totals": {
        "allocation_effect": -0.011999999999999999,
        "selection_effect": 0.030000000000000006,
        "interaction_effect": 0.0010000000000000009,
        "total_effect": 0.018999999999999906,
    },
    "portfolio_return": 0.08299999999999996,
    "benchmark_return": 0.06400000000000006,
    "active_return": 0.018999999999999906,
    "periods": [
        {
            "label": "2025-Q1",
            "portfolio_return": 0.08300000000000002,
            "benchmark_return": 0.064,
            "active_return": 0.019000000000000017,
            "segments": [
                {
                    "segment": "UK equities",
                    "allocation_effect": 0.0,
                    "selection_effect": 0.04000000000000001,
                    "interaction_effect": 0.0,
                    "total_effect": 0.04000000000000001,
                },
                {
                    "segment": "Japanese equities",
                    "allocation_effect": -0.010399999999999998,
                    "selection_effect": -0.0020000000000000005,
                    "interaction_effect": -0.001,
                    "total_effect": -0.013399999999999999,
                },
                {
                    "segment": "US equities",
                    "allocation_effect": -0.0016000000000000005,
                    "selection_effect": -0.008000000000000002,
                    "interaction_effect": 0.002000000000000001,
                    "total_effect": -0.007600000000000002,
                },
            ],
            "totals": {
                "allocation_effect": -0.011999999999999999,
                "selection_effect": 0.030000000000000006,
                "interaction_effect": 0.0010000000000000009,
                "total_effect": 0.019000000000000017,
            },
        }
    ],
    "conventions": {
        "method": "brinson_fachler",
        "linking": "carino",
        "missing_returns": "the other side's return",
        "weights": "divided by their sum on each side of each period, which is 1 but for a millionth at most",
    },
}
