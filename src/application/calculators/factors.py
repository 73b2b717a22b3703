"""Regression of sent returns on sent factors."""

from math import isnan

import numpy as np

from analytics.factors import Collinear, Estimate, Regression, TooFewObservations, regress
from application.calculators.factors_request import (
    FactorsAnswer,
    FactorsConventions,
    FactorsRequest,
    Intercept,
    Loading,
)
from domain.errors import Refused, Violation, below
from domain.unavailable import Missing

NO_VARIATION = Missing(code="no_variation", detail="The returns never vary, so there is nothing to explain.")
NO_ERROR = Missing(code="no_error", detail="The fit is exact: a standard error of 0 has no t-statistic.")


def calculate(request: FactorsRequest) -> FactorsAnswer:
    """Return the regression of the returns on the factors."""
    violations = list(request.violations())
    if violations:
        raise Refused("The series do not fit together.", violations=violations)
    names = list(request.factors)
    factors = np.array([request.factors[name] for name in names], dtype=np.float64).T
    try:
        fitted = regress(
            np.array(request.returns, dtype=np.float64),
            factors,
            errors=request.errors,
            lags=request.lags,
            intercept=request.intercept,
        )
    except Collinear as refusal:
        raise _collinear(refusal, names, request) from refusal
    except TooFewObservations as refusal:
        raise _too_few(refusal) from refusal
    return _answer(fitted, names, request)


def _collinear(refusal: Collinear, names: list[str], request: FactorsRequest) -> Refused:
    name, others = names[refusal.column], [names[one] for one in refusal.others]
    if others:
        made_of = " and ".join(filter(None, [", ".join(others[:-1]), others[-1]]))
        detail = f"{name} is a combination of {made_of}, so that their loadings cannot be told apart"
    elif any(request.factors[name]):
        detail = f"{name} never varies, which cannot be told from the intercept"
    else:
        detail = f"{name} is 0 in every period"
    return Refused(detail, violations=[Violation(below("factors", name), "collinear", detail)])


def _too_few(refusal: TooFewObservations) -> Refused:
    detail = (
        f"{refusal.observations} periods cannot tell {refusal.parameters} parameters; "
        f"send at least {refusal.parameters + 1}"
    )
    return Refused(detail, violations=[Violation("returns", "too_few_observations", detail)])


def _answer(fitted: Regression, names: list[str], request: FactorsRequest) -> FactorsAnswer:
    return FactorsAnswer(
        intercept=None if fitted.intercept is None else _intercept(fitted.intercept),
        loadings=[_loading(name, one) for name, one in zip(names, fitted.loadings, strict=True)],
        r_squared=_known(fitted.r_squared),
        adj_r_squared=_known(fitted.adj_r_squared),
        residual_std_error=fitted.residual_std_error,
        n_observations=fitted.n_observations,
        conventions=FactorsConventions(
            errors=request.errors,
            lags=fitted.lags,
            degrees_of_freedom=fitted.degrees_of_freedom,
            r_squared="centred" if request.intercept else "uncentred",
        ),
        unavailable=_unavailable(fitted),
    )


def _intercept(one: Estimate) -> Intercept:
    return Intercept(
        value=one.value, std_error=one.std_error, t_stat=_known(one.t_stat), p_value=_known(one.p_value)
    )


def _loading(name: str, one: Estimate) -> Loading:
    return Loading(
        factor_name=name,
        loading=one.value,
        std_error=one.std_error,
        t_stat=_known(one.t_stat),
        p_value=_known(one.p_value),
    )


def _unavailable(fitted: Regression) -> dict[str, Missing]:
    missing = {"r_squared": NO_VARIATION, "adj_r_squared": NO_VARIATION} if isnan(fitted.r_squared) else {}
    parts = fitted.loadings if fitted.intercept is None else (fitted.intercept, *fitted.loadings)
    if any(isnan(one.t_stat) for one in parts):
        missing |= {"t_stat": NO_ERROR, "p_value": NO_ERROR}
    return missing


def _known(figure: float) -> float | None:
    return None if isnan(figure) else figure
