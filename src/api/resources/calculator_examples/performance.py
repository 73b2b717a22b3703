"""Examples of a series of returns."""

from typing import Final

from api.resources.examples import Body, Examples

REQUESTS: Final[Examples] = {
    "six months against a benchmark": {
        "returns": [0.003, 0.026, 0.011, -0.009, 0.014, 0.024],
        "benchmark": [0.002, 0.025, 0.018, -0.011, 0.014, 0.018],
        "risk_free": 0.001,
        "periods_per_year": 12,
    }
}
ANSWER: Final[Body] = {
    "metrics": {
        "total_return": 0.07056000733172918,
        "annual_return": 0.14609872929811196,
        "annual_volatility": 0.045576309635599055,
        "sharpe_ratio": 2.76459417200341,
        "sortino_ratio": 10.842303978193728,
        "calmar_ratio": 16.233192144234646,
        "omega_ratio": 8.666666666666666,
        "max_drawdown": -0.009000000000000008,
        "downside_risk": 0.012727922061357854,
        "tail_ratio": 4.25,
        "stability": 0.8269551391084594,
        "skewness": -0.40519434853311975,
        "kurtosis": -0.9936593087415031,
        "value_at_risk": 0.005999999999999999,
        "conditional_value_at_risk": 0.009,
        "ulcer_index": 0.0036742346141747702,
        "best_period": 0.026,
        "worst_period": -0.009,
        "positive_share": 0.8333333333333334,
        "alpha": 0.012429701064930576,
        "beta": 0.9470046082949307,
        "correlation": 0.9483713352411829,
        "tracking_error": 0.014656056768449008,
        "information_ratio": 0.4093870605712014,
        "up_capture": 1.012932447528532,
        "down_capture": 0.8181818181818182,
        "treynor_ratio": 0.13305109489051098,
        "m_squared": 0.14629216641536497,
        "batting_average": 0.6666666666666666,
        "benchmark_total_return": 0.06738572298171341,
        "benchmark_annual_return": 0.13931228162519504,
    },
    "drawdowns": [
        {
            "depth": -0.009000000000000008,
            "start": 3,
            "trough": 3,
            "end": 4,
            "length": 2,
            "to_trough": 1,
            "recovery": 1,
        }
    ],
    "n_observations": 6,
    "conventions": {
        "periods_per_year": 12.0,
        "ddof": 1,
        "mar": 0.0,
        "annualisation": "arithmetic",
        "confidence": 0.95,
        "risk_free": "constant",
        "volatility": "standard deviation with n - ddof, times √periods_per_year",
        "downside_risk": "root mean square below mar over all n periods, times √periods_per_year",
        "alpha": "(1 + mean((r - rf) - beta (b - rf)))^periods_per_year - 1",
        "moments": "skewness and excess kurtosis divide by n",
        "quantile": "linear interpolation (Hyndman and Fan, type 7); losses positive",
        "capture": "compounded return over the benchmark's, periods with benchmark > 0 (<= 0)",
        "drawdowns": "negative fractions from the highest wealth so far, the start included; periods from 0",
    },
    "unavailable": {},
}
