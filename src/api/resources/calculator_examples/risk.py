"""Examples of the risk of returns."""

from typing import Final

from api.resources.examples import Body, Examples

REQUESTS: Final[Examples] = {
    "two assets": {
        "returns": [
            [0.012, -0.004],
            [-0.021, 0.006],
            [0.008, 0.002],
            [-0.015, 0.001],
            [0.004, -0.003],
            [-0.032, 0.009],
            [0.019, -0.002],
            [0.007, 0.001],
            [-0.011, 0.004],
            [0.016, -0.005],
        ],
        "weights": [0.6, 0.4],
        "assets": ["SPY", "AGG"],
        "confidence": 0.95,
        "method": "historical",
    }
}
ANSWER: Final[Body] = {
    "var": 0.01317,
    "cvar": 0.0156,
    "volatility": 0.008819397812650124,
    "components": [
        {
            "asset": "SPY",
            "weight": 0.6,
            "marginal": 0.02705,
            "component": 0.01623,
            "share": 1.232346241457859,
            "marginal_cvar": 0.032,
            "component_cvar": 0.0192,
            "marginal_volatility": 0.017183586919224163,
            "component_volatility": 0.010310152151534498,
        },
        {
            "asset": "AGG",
            "weight": 0.4,
            "marginal": -0.00765,
            "component": -0.0030600000000000002,
            "share": -0.2323462414578588,
            "marginal_cvar": -0.009,
            "component_cvar": -0.0036,
            "marginal_volatility": -0.0037268858472109417,
            "component_volatility": -0.0014907543388843767,
        },
    ],
    "n_observations": 10,
    "conventions": {
        "method": "historical",
        "confidence": 0.95,
        "ddof": 1,
        "horizon": "one period",
        "signs": "losses positive",
        "quantile": "linear (type 7)",
        "scenarios": None,
        "seed": None,
    },
    "unavailable": {},
}
