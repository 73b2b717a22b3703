"""What the factor calculator is sent and what it answers."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from domain.errors import Violation, below
from domain.rules import gathered
from domain.unavailable import Missing

OBSERVATIONS_MAX: Final = 100_000
FACTORS_MAX: Final = 100
Errors = Literal["ols", "white", "hac"]
Return = Annotated[float, Meta(ge=-1e12, le=1e12)]
Series = Annotated[list[Return], Meta(min_length=1, max_length=OBSERVATIONS_MAX)]
Factor = Annotated[str, Meta(min_length=1, max_length=100)]


class FactorsRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A series of returns and the series of factors in the same periods, oldest first."""

    returns: Annotated[Series, Meta(description="Returns per period, oldest first, as fractions.")]
    factors: Annotated[
        dict[Factor, Series],
        Meta(
            min_length=1,
            max_length=FACTORS_MAX,
            description="Factor returns in the same periods by name, as fractions.",
        ),
    ]
    errors: Annotated[
        Errors,
        Meta(
            description="Standard errors. ols: residuals alike and independent. white: HC1. hac: Newey-West with the "
            "Bartlett kernel. White and hac carry the factor n/(n − k)."
        ),
    ] = "ols"
    lags: Annotated[
        Annotated[int, Meta(ge=0, le=OBSERVATIONS_MAX)] | None,
        Meta(
            description="Lags of the Newey-West estimator, fewer than there are periods; by default "
            "⌊4 (n/100)^(2/9)⌋. Other errors do not use it.",
        ),
    ] = None
    intercept: Annotated[bool, Meta(description="Whether the regression has an intercept.")] = True

    def violations(self) -> Iterator[Violation]:
        """Yield which series have another length than the returns, and whether there are too many lags."""
        return gathered(self._uneven_factors(), self._too_many_lags())

    def _uneven_factors(self) -> Iterator[Violation]:
        yield from gathered(*(self._uneven(name, series) for name, series in self.factors.items()))

    def _uneven(self, name: str, series: list[float]) -> Iterator[Violation]:
        periods = len(self.returns)
        if len(series) != periods:
            detail = f"There are {periods} returns, but {len(series)} of {name}"
            yield Violation(below("factors", name), "length", detail)

    def _too_many_lags(self) -> Iterator[Violation]:
        periods = len(self.returns)
        if self.errors == "hac" and self.lags is not None and self.lags >= periods:
            yield Violation("lags", "too_large", f"Lags must be fewer than the {periods} periods")


class Intercept(msgspec.Struct, frozen=True, kw_only=True):
    """What is earned without any factor."""

    value: Annotated[float, Meta(description="Return per period, a fraction.")]
    std_error: Annotated[float, Meta(description="Its standard error, a fraction.")]
    t_stat: Annotated[float | None, Meta(description="Value over standard error; null where that is 0.")]
    p_value: Annotated[
        float | None, Meta(description="Two-sided, from Student's t; null where the standard error is 0.")
    ]


class Loading(msgspec.Struct, frozen=True, kw_only=True):
    """What one factor explains, the others held still."""

    factor_name: Annotated[str, Meta(description="Name of the factor.")]
    loading: Annotated[float, Meta(description="Return per unit of the factor's return.")]
    std_error: Annotated[float, Meta(description="Its standard error.")]
    t_stat: Annotated[float | None, Meta(description="Loading over standard error; null where that is 0.")]
    p_value: Annotated[
        float | None, Meta(description="Two-sided, from Student's t; null where the standard error is 0.")
    ]


class FactorsConventions(msgspec.Struct, frozen=True, kw_only=True):
    """What the figures were computed by."""

    errors: Annotated[Errors, Meta(description="As asked or by default.")]
    lags: Annotated[int | None, Meta(description="Lags of the Newey-West estimator; null for other errors.")]
    degrees_of_freedom: Annotated[int, Meta(description="Observations less parameters.")]
    r_squared: Annotated[
        Literal["centred", "uncentred"],
        Meta(description="Share of variance explained, or of the sum of squares without an intercept."),
    ]


class FactorsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A fitted regression."""

    intercept: Annotated[Intercept | None, Meta(description="Null where none was asked for.")]
    loadings: Annotated[
        list[Loading], Meta(description="Loadings in the order in which the factors were sent.")
    ]
    r_squared: Annotated[
        float | None, Meta(description="Share explained, a fraction; null where the returns never vary.")
    ]
    adj_r_squared: Annotated[
        float | None, Meta(description="The same, corrected for the number of factors; may be negative.")
    ]
    residual_std_error: Annotated[
        float, Meta(description="√(residual sum of squares / degrees of freedom), per period, a fraction.")
    ]
    n_observations: Annotated[int, Meta(description="Periods used.")]
    conventions: Annotated[FactorsConventions, Meta(description="What the figures were computed by.")]
    unavailable: Annotated[dict[str, Missing], Meta(description="Why figures are null, by their names.")]
