"""What asking for an optimisation and reading it look like; the figures are those that the request leads to."""

from typing import Any, Final

ID: Final = "6f1c2f0e-5a0b-4f0e-9a53-0d8a6d3a7c11"
MOMENTS: Final[dict[str, Any]] = {
    "methods": ["HRP", "MinCVaR"],
    "assets": ["STOCKS", "BONDS", "GOLD"],
    "expected_returns": [0.06, 0.02, 0.04],
    "covariance": [[0.0225, 0.0006, 0.0009], [0.0006, 0.0016, 0.0], [0.0009, 0.0, 0.0225]],
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
    "methods": ["HRP", "MinCVaR"],
    "stocks": None,
    "portfolio_id": None,
    "assets": ["STOCKS", "BONDS", "GOLD"],
    "benchmark": None,
    "periods_per_year": None,
    "frequency": "daily",
    "missing": "drop_periods",
    "constraints": {"min_weight": None, "max_weight": None, "budget": 1.0},
    "costs": {"rate": 0.0},
    "options": {},
    "seed": 0,
}
_NO_PERIODS: Final = {
    "code": "no_returns",
    "detail": "It looks at single periods, which expected returns and a covariance do not tell.",
}
_JOB: Final[dict[str, Any]] = {
    "id": ID,
    "methods": ["HRP", "MinCVaR"],
    "portfolio_id": None,
    "inputs_hash": "0c0f1f6ad3a7b0e6c6c0a3e2b6b0f3d09a4a1a7be3f7d0e8ad1ce52c54a6d1a3",
    "code_version": "1",
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
    "risk_free_rate": {"value": 0.0, "currency": None, "source": None, "tenor": None, "date": None},
    "current_weights": None,
    "dropped": [],
    "warnings": [],
    "request": _REQUEST,
    "dataset_hash": "6b7f2f0ce0b58b8a1df4b0b2b1cfb4e4f7fca6d6d9be4a8b8bc1bb1c5c33c1de",
    "created_by": "key:0b6e6a3e-6d4e-4b57-8a6a-5f2f7f1f6a10",
}
RUNNING: Final[dict[str, Any]] = {
    **_JOB,
    "status": "running",
    "progress": 0.5,
    "results": {"HRP": {"status": "completed"}, "MinCVaR": {"status": "queued"}},
    "finished_at": None,
}
PAGE: Final[dict[str, Any]] = {
    "optimizations": [
        {
            **RUNNING,
            "status": "completed",
            "progress": 1,
            "results": {"HRP": {"status": "completed"}, "MinCVaR": {"status": "failed"}},
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
    "results": {"HRP": _BEFORE, "MinCVaR": _BEFORE},
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
        "sharpe_ratio": 0.619691,
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
        "max_drawdown": _NO_PERIODS,
        "var_95": _NO_PERIODS,
        "cvar_95": _NO_PERIODS,
        "out_of_sample": _NO_PERIODS,
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
        "MinCVaR": {
            **_BEFORE,
            "status": "failed",
            "options": {"beta": 0.95},
            "error": {"code": "needs_returns", "detail": "MinCVaR needs returns, not only moments."},
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
                "sharpe_ratio": 0.619691,
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
        "failed": ["MinCVaR"],
    },
    "finished_at": "2026-03-26T08:00:00.051Z",
}
