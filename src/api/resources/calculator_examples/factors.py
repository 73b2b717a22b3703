"""Examples of a regression on factors."""

from typing import Final

from api.resources.examples import Body, Examples

REQUESTS: Final[Examples] = {
    "market and value": {
        "returns": [0.012, -0.018, 0.009, -0.011, 0.006, -0.027, 0.021, 0.008],
        "factors": {
            "market": [0.01, -0.015, 0.008, -0.012, 0.004, -0.022, 0.018, 0.009],
            "value": [0.001, -0.002, 0.003, 0.001, -0.001, -0.004, 0.002, -0.003],
        },
        "errors": "hac",
        "lags": 1,
    }
}
ANSWER: Final[Body] = {
    "intercept": {
        "value": 0.00021039525997064277,
        "std_error": 0.0005278577144219377,
        "t_stat": 0.39858328148343675,
        "p_value": 0.7066520439980254,
    },
    "loadings": [
        {
            "factor_name": "market",
            "loading": 1.0991983074719645,
            "std_error": 0.03233744791968606,
            "t_stat": 33.99149834587923,
            "p_value": 4.1441312048767393e-07,
        },
        {
            "factor_name": "value",
            "loading": 0.5610540265883793,
            "std_error": 0.1604152388787166,
            "t_stat": 3.497510775846984,
            "p_value": 0.017330524134147155,
        },
    ],
    "r_squared": 0.9948976947993128,
    "adj_r_squared": 0.9928567727190379,
    "residual_std_error": 0.001407016139874249,
    "n_observations": 8,
    "conventions": {"errors": "hac", "lags": 1, "degrees_of_freedom": 5, "r_squared": "centred"},
    "unavailable": {},
}
