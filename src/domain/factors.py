"""What a factor analysis says: how the returns of current holdings move with those of factors."""

from datetime import date
from typing import Annotated

import msgspec

from domain.risk import DataFlag, Left
from domain.unavailable import Missing

FACTORS = ("market", "size", "value", "momentum", "quality", "low_volatility")


def _says(description: str) -> msgspec.Meta:
    return msgspec.Meta(description=description)


TStat = Annotated[
    float | None, _says("Loading over its standard error (Newey-West); null without a loading.")
]
PValue = Annotated[float | None, _says("Two-sided, from Student's t; null without a loading.")]
StdError = Annotated[float | None, _says("Newey-West standard error; null without a loading.")]
FactorName = Annotated[str, _says("Name of the factor.")]


class FactorExposure(msgspec.Struct, frozen=True, kw_only=True):
    """One factor by itself: a regression with an intercept and no other factor."""

    factor_name: FactorName
    loading: Annotated[
        float | None, _says("Return per unit of the factor's return; null where it has no data.")
    ]
    t_stat: TStat
    p_value: PValue
    std_error: StdError
    r_squared: Annotated[
        float | None, _says("Share of variance that this factor alone explains; null without a loading.")
    ]
    window_days: Annotated[int, _says("Daily returns used.")]


class JointLoading(msgspec.Struct, frozen=True, kw_only=True):
    """One factor beside all others."""

    factor_name: FactorName
    loading: Annotated[float, _says("Return per unit of the factor's return, the others held still.")]
    t_stat: TStat
    p_value: PValue
    std_error: StdError


class JointRegression(msgspec.Struct, frozen=True, kw_only=True):
    """All factors at once."""

    intercept: Annotated[float, _says("Return per day without any factor, a fraction.")]
    intercept_t_stat: Annotated[float | None, _says("Intercept over its Newey-West standard error.")]
    loadings: Annotated[list[JointLoading], _says("Loadings, in the order of the factors.")]
    r_squared: Annotated[float | None, _says("Share of variance that the factors explain together.")]
    adj_r_squared: Annotated[float | None, _says("The same, corrected for their number.")]
    residual_std_error: Annotated[float, _says("Standard error of a day's return about the fit, a fraction.")]
    n_observations: Annotated[int, _says("Daily returns used.")]


class FactorRisk(msgspec.Struct, frozen=True, kw_only=True):
    """What one factor contributes to the variance of returns, by the joint regression."""

    factor_name: Annotated[str, _says("Name of the factor; `specific` is what none explains.")]
    variance: Annotated[
        float, _says("Contribution to the variance per year; sums to the total. May be negative.")
    ]
    volatility: Annotated[
        float, _says("Contribution to the volatility per year: share times volatility; sums to it.")
    ]
    share: Annotated[float, _says("Share of the variance, a fraction; sums to 1.")]


class FactorSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Factor exposures of current holdings: today's weights against the past of instruments and factors."""

    as_of: Annotated[date, _says("Day of the holdings and of the newest price.")]
    currency: Annotated[str, _says("ISO 4217 code of the portfolio, in which returns are measured.")]
    factors: Annotated[list[FactorExposure], _says("Every factor by itself.")]
    joint: Annotated[JointRegression | None, _says("All factors at once.")]
    risk: Annotated[
        list[FactorRisk] | None, _says("Contributions to variance by the joint regression, `specific` last.")
    ]
    volatility: Annotated[
        float | None, _says("Volatility of the returns used jointly, per year, a fraction.")
    ]
    method: Annotated[str, _says("How loadings and their errors are computed.")]
    lags: Annotated[int | None, _says("Lags of the Newey-West estimator in the joint regression.")]
    window: Annotated[int, _says("Returns looked back on at most.")]
    n_observations: Annotated[int, _says("Daily returns of the holdings that were known.")]
    data_from: Annotated[date | None, _says("Day of the first return.")]
    data_to: Annotated[date | None, _says("Day of the last return.")]
    coverage: Annotated[
        float | None, _says("Gross value of positions that is measured over all of it, a fraction.")
    ]
    inputs_hash: Annotated[str, _says("SHA-256 of every input, in hexadecimal digits.")]
    source: Annotated[str, _says("Where the factor series come from.")]
    excluded: Annotated[list[Left], _says("Positions that the figures leave out.")]
    data_quality: Annotated[list[DataFlag], _says("Doubtful data in what was used.")]
    unavailable: Annotated[dict[str, Missing], _says("Why figures are null; a factor under its own name.")]
