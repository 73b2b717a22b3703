"""What an optimisation is asked: figures or what they are looked up by, methods, limits and estimators."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from application.optimization.options import Asset, Method, MethodOptions, Number, Positive
from application.optimization.rules import ASSETS_MAX, violations_of
from domain.errors import Violation

PERIODS_MAX: Final = 20_000
METHODS_MAX: Final = 20

Weight = Annotated[float, Meta(ge=-10, le=10)]
Return = Annotated[float, Meta(ge=-1, le=1e6)]
Price = Annotated[float, Meta(gt=0, le=1e15)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Bound: TypeAlias = Weight | Annotated[dict[Asset, Weight], Meta(max_length=ASSETS_MAX)]
Frequency = Literal["daily", "weekly", "monthly"]
ExpectedReturns = Literal["empirical", "ewm", "shrunk", "equilibrium"]
Covariance = Literal["empirical", "ewm", "shrunk", "ledoit_wolf", "denoised"]
Missing = Literal["drop_periods", "drop_assets", "refuse"]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the request."""


class Stock(Body, frozen=True, kw_only=True):
    """One stock on one market."""

    ticker: Annotated[Asset, Meta(description="Ticker, as the market writes it.")]
    exchange: Annotated[
        Annotated[str, Meta(min_length=1, max_length=32)] | None,
        Meta(description="MIC or the usual short name, such as NSE or NASDAQ."),
    ] = None


class Window(Body, frozen=True, kw_only=True):
    """Which history counts."""

    start: Annotated[date | None, Meta(description="First day.")] = None
    end: Annotated[date | None, Meta(description="Last day; today if left out.")] = None
    periods: Annotated[
        Annotated[int, Meta(ge=2, le=PERIODS_MAX)] | None,
        Meta(description="Number of periods up to the end, instead of a start."),
    ] = None


class Group(Body, frozen=True, kw_only=True):
    """Assets whose weights together keep within limits."""

    name: Annotated[Asset, Meta(description="What the group is called.")]
    assets: Annotated[
        Annotated[list[Asset], Meta(min_length=1, max_length=ASSETS_MAX)], Meta(description="Its members.")
    ]
    min_weight: Annotated[Weight | None, Meta(description="Sum of weights, at least; a fraction.")] = None
    max_weight: Annotated[Weight | None, Meta(description="Sum of weights, at most; a fraction.")] = None


class SectorLimit(Body, frozen=True, kw_only=True):
    """Limits on everything in one sector, by the instruments' own sectors."""

    min_weight: Annotated[Weight | None, Meta(description="Sum of weights, at least; a fraction.")] = None
    max_weight: Annotated[Weight | None, Meta(description="Sum of weights, at most; a fraction.")] = None


class Constraints(Body, frozen=True, kw_only=True):
    """What every method's weights keep to."""

    min_weight: Annotated[
        Bound | None,
        Meta(
            description="Weight of each asset at least, a fraction: one for all, or by asset. 0 if left out."
        ),
    ] = None
    max_weight: Annotated[
        Bound | None,
        Meta(
            description="Weight of each asset at most, a fraction: one for all, or by asset. 1 if left out."
        ),
    ] = None
    budget: Annotated[
        Annotated[float, Meta(ge=-5, le=5)], Meta(description="What the weights add up to.")
    ] = 1.0
    max_gross: Annotated[
        Annotated[float, Meta(gt=0, le=20)] | None,
        Meta(description="Sum of absolute weights at most: 1.6 is a 130/30 portfolio."),
    ] = None
    groups: Annotated[
        Annotated[list[Group], Meta(max_length=200)], Meta(description="Limits on groups of assets.")
    ] = msgspec.field(default_factory=list)
    sectors: Annotated[
        Annotated[dict[Asset, SectorLimit], Meta(max_length=100)],
        Meta(description="Limits by sector; for stocks and portfolios only."),
    ] = msgspec.field(default_factory=dict)
    max_assets: Annotated[
        Annotated[int, Meta(ge=1, le=ASSETS_MAX)] | None,
        Meta(description="Cardinality: how many weights may differ from zero."),
    ] = None
    max_turnover: Annotated[
        Annotated[float, Meta(ge=0, le=20)] | None,
        Meta(description="One-way turnover from the current weights at most, a fraction."),
    ] = None
    current_weights: Annotated[
        Annotated[dict[Asset, Weight], Meta(max_length=ASSETS_MAX)] | None,
        Meta(description="Weights held now; a portfolio brings its own."),
    ] = None
    target_return: Annotated[
        Number | None, Meta(description="Expected return at least, annual; per period for inline moments.")
    ] = None
    target_volatility: Annotated[
        Positive | None, Meta(description="Volatility at most, annual; per period for inline moments.")
    ] = None


class Estimators(Body, frozen=True, kw_only=True):
    """How expected returns and covariances are estimated."""

    expected_returns: Annotated[
        ExpectedReturns,
        Meta(
            description=(
                "`empirical` mean; `ewm` exponentially weighted; `shrunk` towards the minimum-variance return "
                "(Jorion); `equilibrium` implied by market weights."
            )
        ),
    ] = "empirical"
    covariance: Annotated[
        Covariance,
        Meta(
            description=(
                "`empirical` with n−1; `ewm`; `shrunk` by a fixed share towards the mean variance; `ledoit_wolf`; "
                "`denoised` by the Marchenko-Pastur law."
            )
        ),
    ] = "empirical"
    half_life: Annotated[
        Annotated[float, Meta(gt=0, le=PERIODS_MAX)], Meta(description="Half-life of `ewm`, in periods.")
    ] = 63.0
    shrinkage: Annotated[Fraction, Meta(description="Share of the target in `shrunk`.")] = 0.1


class Costs(Body, frozen=True, kw_only=True):
    """What trading costs."""

    rate: Annotated[
        Annotated[float, Meta(ge=0, le=0.2)],
        Meta(description="One-way cost as a fraction of traded value; 0.001 is 10 bps."),
    ] = 0.0


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a request that a method needs beside the figures; other fields of a request are overlooked."""

    estimators: Estimators = Estimators()
    constraints: Constraints = Constraints()
    costs: Costs = Costs()
    options: MethodOptions = MethodOptions()
    seed: int = 0


class OptimizationRequest(Body, frozen=True, kw_only=True):
    """Assets, by names or with figures, and what to do with them."""

    methods: Annotated[
        Annotated[list[Method], Meta(min_length=1, max_length=METHODS_MAX)],
        Meta(description="Each named once."),
    ]
    stocks: Annotated[
        Annotated[list[Stock], Meta(min_length=1)] | None, Meta(description="Stocks, by ticker and exchange.")
    ] = None
    portfolio_id: Annotated[
        UUID | None, Meta(description="A portfolio: what it holds, from its weights.")
    ] = None
    assets: Annotated[
        Annotated[list[Asset], Meta(min_length=1)] | None,
        Meta(description="Names of the columns of `returns`, `prices` or moments."),
    ] = None
    returns: Annotated[
        Annotated[list[list[Return]], Meta(min_length=1, max_length=PERIODS_MAX)] | None,
        Meta(description="Simple returns as fractions: rows of periods, oldest first, by columns of assets."),
    ] = None
    prices: Annotated[
        Annotated[list[list[Price | None]], Meta(min_length=1, max_length=PERIODS_MAX)] | None,
        Meta(
            description="Prices: rows of days, oldest first, by columns of assets; null where there is none."
        ),
    ] = None
    expected_returns: Annotated[
        Annotated[list[Number], Meta(min_length=1)] | None,
        Meta(description="Expected return of each asset per period; figures are then not annualised."),
    ] = None
    covariance: Annotated[
        Annotated[list[list[Number]], Meta(min_length=1)] | None,
        Meta(description="Covariance matrix of returns per period, symmetric and positive semi-definite."),
    ] = None
    benchmark: Annotated[
        Annotated[str, Meta(min_length=1, max_length=64)] | None,
        Meta(description="Ticker or alias of an index, such as `nifty`."),
    ] = None
    benchmark_returns: Annotated[
        Annotated[list[Return], Meta(min_length=1, max_length=PERIODS_MAX)] | None,
        Meta(description="Returns of the benchmark in the same periods, for inline data."),
    ] = None
    periods_per_year: Annotated[
        Annotated[float, Meta(gt=0, le=366)] | None,
        Meta(description="Periods in a year, for inline returns and prices; 252 if left out."),
    ] = None
    frequency: Annotated[Frequency, Meta(description="Periods of returns, for stocks and portfolios.")] = (
        "daily"
    )
    window: Annotated[Window, Meta(description="Which history counts; five years if left out.")] = Window()
    missing: Annotated[
        Missing,
        Meta(
            description=(
                "What becomes of gaps and short histories: `drop_periods` keeps the periods that all assets have, "
                "`drop_assets` leaves out assets without the whole window, `refuse` answers 422."
            )
        ),
    ] = "drop_periods"
    estimators: Annotated[Estimators, Meta(description="Expected returns and covariances.")] = Estimators()
    constraints: Annotated[Constraints, Meta(description="What weights keep to.")] = Constraints()
    costs: Annotated[Costs, Meta(description="What trading costs.")] = Costs()
    options: Annotated[MethodOptions, Meta(description="Options by method.")] = MethodOptions()
    seed: Annotated[Annotated[int, Meta(ge=0, le=2**32 - 1)], Meta(description="Of everything random.")] = 0

    @property
    def terms(self) -> Terms:
        """What a method is told, whatever the figures are."""
        return Terms(
            estimators=self.estimators,
            constraints=self.constraints,
            costs=self.costs,
            options=self.options,
            seed=self.seed,
        )

    def violations(self) -> Iterator[Violation]:
        """Yield what does not fit together."""
        return violations_of(self)
