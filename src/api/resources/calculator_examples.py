"""Examples of the calculators; each answer is what the service gives to the first request of its calculator."""

from typing import Any, Final

Example = dict[str, Any]
PERFORMANCE_REQUESTS: Final[dict[str, Example]] = {
    "six months against a benchmark": {
        "returns": [0.003, 0.026, 0.011, -0.009, 0.014, 0.024],
        "benchmark": [0.002, 0.025, 0.018, -0.011, 0.014, 0.018],
        "risk_free": 0.001,
        "periods_per_year": 12,
    }
}
PERFORMANCE: Final[Example] = {
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
RETURNS_REQUESTS: Final[dict[str, Example]] = {
    "one payment": {
        "valuations": [
            {"date": "2007-12-31", "value": 74.2},
            {"date": "2008-01-14", "value": 67.0},
            {"date": "2008-01-31", "value": 104.4},
        ],
        "flows": [{"date": "2008-01-14", "amount": 37.1}],
        "valued": "before_flows",
    }
}
RETURNS: Final[Example] = {
    "twr": -0.09443283593683238,
    "twr_annualised": -0.6889891140830995,
    "modified_dietz": -0.07298099559862156,
    "xirr": -0.5888839506337367,
    "xirr_roots": [-0.5888839506337367],
    "sub_periods": [
        {
            "start": "2007-12-31",
            "end": "2008-01-14",
            "start_value": 74.2,
            "end_value": 67.0,
            "flow": 0.0,
            "method": "time_weighted",
            "return": -0.09703504043126689,
        },
        {
            "start": "2008-01-14",
            "end": "2008-01-31",
            "start_value": 67.0,
            "end_value": 104.4,
            "flow": 37.1,
            "method": "time_weighted",
            "return": 0.0028818443804034992,
        },
    ],
    "conventions": {
        "valued": "before_flows",
        "weighting": "end_of_day",
        "flow_sign": "positive is money into the portfolio",
        "day_count": "actual/365 from the first flow",
        "xirr_range": "every annual rate greater than -1 and less than 10",
    },
    "unavailable": {},
}
RISK_REQUESTS: Final[dict[str, Example]] = {
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
RISK: Final[Example] = {
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
ATTRIBUTION_REQUESTS: Final[dict[str, Example]] = {
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
ATTRIBUTION: Final[Example] = {
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
REBALANCE_REQUESTS: Final[dict[str, Example]] = {
    "two sectors": {
        "holdings": [
            {"symbol": "AAPL", "quantity": 120, "price": 175.84, "sector": "technology"},
            {"symbol": "JNJ", "quantity": 60, "price": 158.35, "sector": "healthcare"},
        ],
        "cash": 500,
        "allocations": [
            {"allocation_type": "sector", "bucket": "technology", "target_weight": 0.6},
            {"allocation_type": "sector", "bucket": "healthcare", "target_weight": 0.38},
        ],
        "options": {"whole_shares": True},
    }
}
REBALANCE: Final[Example] = {
    "currency": "USD",
    "total_value": 31101.8,
    "rebalance_needed": True,
    "trades": [
        {
            "ticker": "AAPL",
            "symbol": "AAPL",
            "account": "",
            "side": "sell",
            "quantity": 14,
            "estimated_price": 175.84,
            "value": 2461.76,
            "cost": 0,
        },
        {
            "ticker": "JNJ",
            "symbol": "JNJ",
            "account": "",
            "side": "buy",
            "quantity": 15,
            "estimated_price": 158.35,
            "value": 2375.25,
            "cost": 0,
        },
    ],
    "turnover_one_way": 0.0777609335,
    "turnover_two_way": 0.1555218669,
    "total_cost": 0,
    "residual_cash": 586.51,
    "before": [
        {
            "allocation_type": "sector",
            "bucket": "health_care",
            "actual_weight": 0.3054807117,
            "target_weight": 0.38,
            "drift": -0.0745192883,
            "status": "below",
        },
        {
            "allocation_type": "sector",
            "bucket": "technology",
            "actual_weight": 0.6784430483,
            "target_weight": 0.6,
            "drift": 0.0784430483,
            "status": "above",
        },
    ],
    "after": [
        {
            "allocation_type": "sector",
            "bucket": "health_care",
            "actual_weight": 0.3818508897,
            "target_weight": 0.38,
            "drift": 0.0018508897,
            "status": "inside",
        },
        {
            "allocation_type": "sector",
            "bucket": "technology",
            "actual_weight": 0.5992913593,
            "target_weight": 0.6,
            "drift": -0.0007086407,
            "status": "inside",
        },
    ],
    "binding_constraints": ["whole shares"],
    "conflicts": [],
    "solver": "whole shares",
    "proven_optimal": True,
    "reason": None,
    "conventions": {
        "to": "target",
        "whole_shares": True,
        "min_trade_value": 0,
        "cash_buffer": 0,
        "cost_bps": 0,
        "fixed_cost": 0,
        "do_not_trade": [],
        "force": True,
        "rebalance_threshold": 0.05,
        "long_only": True,
        "currency": "USD",
    },
}
FACTORS_REQUESTS: Final[dict[str, Example]] = {
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
FACTORS: Final[Example] = {
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
