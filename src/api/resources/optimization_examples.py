"""What asking for an optimisation and reading it look like; the figures are those that the request leads to."""

from typing import Any, Final

import msgspec

ID: Final = "6f1c2f0e-5a0b-4f0e-9a53-0d8a6d3a7c11"
MOMENTS: Final[dict[str, Any]] = {
    "methods": ["HRP", "MVO"],
    "assets": ["STOCKS", "BONDS", "GOLD"],
    "expected_returns": [0.06, 0.02, 0.04],
    "covariance": [[0.0225, 0.0006, 0.0009], [0.0006, 0.0016, 0.0], [0.0009, 0.0, 0.0225]],
    "options": {"MVO": {"risk_free_rate": 0.07}},
}
REQUESTS: Final[dict[str, Any]] = {
    "stocks": {
        "stocks": [
            {"ticker": "AAPL", "exchange": "NASDAQ"},
            {"ticker": "JPM", "exchange": "NYSE"},
            {"ticker": "XOM", "exchange": "NYSE"},
        ],
        "methods": ["MVO", "HRP", "RiskBudgeting"],
        "window": {"start": "2018-01-01", "end": "2022-12-28"},
        "constraints": {"max_weight": 0.5},
    },
    "inline returns": {
        "assets": ["A", "B"],
        "returns": [[0.01, 0.004], [-0.02, 0.001], [0.015, -0.003], [0.005, 0.006], [-0.004, 0.002]],
        "periods_per_year": 12,
        "methods": ["MinVol", "EquiWeighted"],
        "seed": 7,
    },
    "inline moments": MOMENTS,
}

_REQUEST: Final[dict[str, Any]] = {
    "methods": ["HRP", "MVO"],
    "stocks": None,
    "portfolio_id": None,
    "assets": ["STOCKS", "BONDS", "GOLD"],
    "benchmark": None,
    "periods_per_year": None,
    "frequency": "daily",
    "missing": "drop_periods",
    "constraints": {"min_weight": None, "max_weight": None, "budget": 1.0},
    "costs": {"rate": 0.0},
    "options": {"MVO": {"risk_free_rate": 0.07, "target": "max_sharpe"}},
    "seed": 0,
}
_NO_PERIODS: Final = {
    "code": "no_returns",
    "detail": "It looks at single periods, which expected returns and a covariance do not tell.",
}
_JOB: Final[dict[str, Any]] = {
    "id": ID,
    "methods": ["HRP", "MVO"],
    "portfolio_id": None,
    "inputs_hash": "e14f41b129fab94375020c95cde818b0caf22ce65570c03c6cf88bbfd09e4a33",
    "code_version": "0.1.0 optimization 1",
    "created_at": "2026-03-26T08:00:00Z",
    "started_at": "2026-03-26T08:00:00.012Z",
    "error": None,
}
_FIGURES: Final[dict[str, Any]] = {
    "source": "moments",
    "assets": [{"name": "STOCKS"}, {"name": "BONDS"}, {"name": "GOLD"}],
    "periods": 0,
    "periods_per_year": 1,
    "first_day": None,
    "last_day": None,
    "currency": None,
    "benchmark": None,
    "risk_free_rate": {"value": 0.07, "currency": None, "source": "request", "tenor": None, "date": None},
    "current_weights": None,
    "dropped": [],
    "warnings": [],
    "request": _REQUEST,
    "dataset_hash": "a03a7f323d861c69c67479c75ec7321f8cdcd7e879483d376a150faaac9e29cb",
    "created_by": "key:0b6e6a3e-6d4e-4b57-8a6a-5f2f7f1f6a10",
}
RUNNING: Final[dict[str, Any]] = {
    **_JOB,
    "status": "running",
    "progress": 0.5,
    "results": {"HRP": {"status": "completed"}, "MVO": {"status": "queued"}},
    "finished_at": None,
}
EVENT: Final[dict[str, Any]] = {
    "id": "1042",
    "event": "progress",
    "data": msgspec.json.encode(RUNNING).decode(),
}
PAGE: Final[dict[str, Any]] = {
    "optimizations": [
        {
            **RUNNING,
            "status": "completed",
            "progress": 1,
            "results": {"HRP": {"status": "completed"}, "MVO": {"status": "failed"}},
            "finished_at": "2026-03-26T08:00:00.051Z",
        }
    ],
    "total": 1,
    "limit": 50,
    "offset": 0,
}
_BEFORE: Final[dict[str, Any]] = {
    "status": "queued",
    "weights": None,
    "metrics": None,
    "unavailable": {},
    "risk_contributions": None,
    "in_sample": None,
    "out_of_sample": None,
    "options": {},
    "solver": None,
    "solver_status": None,
    "fallbacks": [],
    "notes": [],
    "compute_seconds": 0.0,
}
QUEUED: Final[dict[str, Any]] = {
    **_JOB,
    **_FIGURES,
    "status": "queued",
    "progress": 0,
    "results": {"HRP": _BEFORE, "MVO": _BEFORE},
    "comparison": None,
    "started_at": None,
    "finished_at": None,
}
_HRP: Final[dict[str, Any]] = {
    **_BEFORE,
    "status": "completed",
    "weights": {"STOCKS": 0.062064, "BONDS": 0.872781, "GOLD": 0.065155},
    "metrics": {
        "expected_return": 0.023786,
        "volatility": 0.038383,
        "sharpe_ratio": -1.204029,
        "sortino_ratio": None,
        "max_drawdown": None,
        "var_95": None,
        "cvar_95": None,
        "diversification_ratio": 1.406716,
        "effective_number_of_assets": 1.298965,
        "turnover": None,
        "tracking_error": None,
        "information_ratio": None,
        "beta": None,
        "active_return": None,
    },
    "unavailable": {
        "turnover": {
            "code": "no_current_weights",
            "detail": "What is held now is not known; send `constraints.current_weights`.",
        },
        **dict.fromkeys(
            (
                "sortino_ratio",
                "max_drawdown",
                "var_95",
                "cvar_95",
                "active_return",
                "tracking_error",
                "information_ratio",
                "beta",
                "out_of_sample",
            ),
            _NO_PERIODS,
        ),
    },
    "risk_contributions": {"STOCKS": 0.08336, "BONDS": 0.849337, "GOLD": 0.067303},
    "options": {"linkage": "single", "distance": "square", "leaf_order": "none"},
    "solver": "recursive bisection",
    "solver_status": "optimal",
    "clusters": {"STOCKS": 1, "BONDS": 1, "GOLD": 2},
    "dendrogram": {
        "linkage": [[0.0, 1.0, 0.948791, 2.0], [2.0, 3.0, 0.980468, 3.0]],
        "leaves": ["GOLD", "STOCKS", "BONDS"],
    },
    "compute_seconds": 0.004,
}
COMPLETED: Final[dict[str, Any]] = {
    **_JOB,
    **_FIGURES,
    "status": "completed",
    "progress": 1,
    "results": {
        "HRP": _HRP,
        "MVO": {
            **_BEFORE,
            "status": "failed",
            "options": {"risk_free_rate": 0.07, "target": "max_sharpe"},
            "error": {
                "code": "no_excess_return",
                "detail": "Nothing within the limits is expected to return more than the risk-free rate (7.0000% a "
                "period), so there is no highest Sharpe ratio.",
            },
        },
    },
    "comparison": {
        "ranked_by": "metrics.sharpe_ratio",
        "ranking": [
            {
                "method": "HRP",
                "rank": 1,
                "expected_return": 0.023786,
                "volatility": 0.038383,
                "sharpe_ratio": -1.204029,
                "max_drawdown": None,
                "cvar_95": None,
                "diversification_ratio": 1.406716,
                "effective_number_of_assets": 1.298965,
                "turnover": None,
                "largest_weight": 0.872781,
                "out_of_sample_return": None,
                "out_of_sample_volatility": None,
                "out_of_sample_sharpe_ratio": None,
                "out_of_sample_max_drawdown": None,
            }
        ],
        "best": {"expected_return": "HRP", "volatility": "HRP", "sharpe_ratio": "HRP"},
        "weight_distances": {"HRP": {"HRP": 0.0}},
        "mean_weights": {"STOCKS": 0.062064, "BONDS": 0.872781, "GOLD": 0.065155},
        "weight_ranges": {
            "STOCKS": [0.062064, 0.062064],
            "BONDS": [0.872781, 0.872781],
            "GOLD": [0.065155, 0.065155],
        },
        "failed": ["MVO"],
    },
    "finished_at": "2026-03-26T08:00:00.051Z",
}
