"""What a series of returns owes to factors: linear regression with errors that bear their data."""

from analytics.factors.regression import (
    Collinear,
    Errors,
    Estimate,
    Regression,
    TooFewObservations,
    default_lags,
    regress,
)
from analytics.factors.risk import RiskShares, risk_shares

__all__ = [
    "Collinear",
    "Errors",
    "Estimate",
    "Regression",
    "RiskShares",
    "TooFewObservations",
    "default_lags",
    "regress",
    "risk_shares",
]
