"""Examples of hierarchical risk parity."""

from typing import Final

from api.resources.examples import Body, Examples

REQUESTS: Final[Examples] = {
    "three funds": {
        "returns": [
            [0.01, -0.005, 0.002],
            [0.02, 0.010, -0.003],
            [-0.01, 0.005, 0.004],
            [0.005, -0.002, 0.001],
            [0.015, 0.008, -0.002],
        ],
        "assetNames": ["SPY", "AGG", "GLD"],
    },
    "two funds, shrunk": {
        "returns": [[0.01, -0.005], [0.02, 0.010], [-0.01, 0.005], [0.005, -0.002], [0.015, 0.008]],
        "assetNames": ["SPY", "AGG"],
        "useShrinkage": True,
    },
}
ANSWER: Final[Body] = {
    "weights": {"SPY": 0.04184346776657798, "AGG": 0.13295586280747196, "GLD": 0.82520066942595},
    "method": "hrp",
    "riskContributions": {
        "SPY": -0.3004864266824794,
        "AGG": -0.15773481774038203,
        "GLD": 1.4582212444228615,
    },
}
