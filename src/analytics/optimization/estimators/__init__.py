"""What is expected of assets, estimated from their returns: five covariances, four expected returns, in any pair."""

from analytics.optimization.estimators.moments import Moments, estimator

__all__ = ["Moments", "estimator"]
