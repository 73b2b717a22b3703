"""What a job is told to compute and what it answers, method by method; fractions throughout.

Knows no arrays: agents, projections and the API read these without what computes them.
"""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.optimization.dataset import (
    AssetFacts,
    Dropped,
    RiskFree,
    Source,
    UsedBenchmark,
    Warned,
)
from application.optimization.options import Method
from application.optimization.request import Terms
from domain.unavailable import Missing

Figure = float | None


def _says(description: str) -> Meta:
    return Meta(description=description)


class RelaxationSaid(msgspec.Struct, frozen=True, kw_only=True):
    """One way out of limits that cannot hold together."""

    key: Annotated[str, _says("The field of the request that would have to change.")]
    label: Annotated[str, _says("The limit in words.")]
    asked: Annotated[float, _says("What was asked for.")]
    needed: Annotated[float, _says("The nearest value that lets all limits hold.")]


class MethodError(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a method has no weights."""

    code: Annotated[str, _says("The reason as a code, such as `infeasible` or `no_excess_return`.")]
    detail: Annotated[str, _says("The reason in words.")]
    field: Annotated[str | None, _says("The field of the request that stands in the way.")] = None
    conflict: Annotated[
        list[str], _says("The smallest set of limits that cannot hold together, as fields of the request.")
    ] = msgspec.field(default_factory=list)
    relaxations: Annotated[
        list[RelaxationSaid], _says("Ways out, the least first; each alone is enough.")
    ] = msgspec.field(default_factory=list)


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """What the weights promise, by the estimated moments, and what they would have done in the whole sample."""

    expected_return: Annotated[Figure, _says("μ'w per year; per period where moments were sent.")]
    volatility: Annotated[Figure, _says("√(w'Σw) per year; per period where moments were sent.")]
    sharpe_ratio: Annotated[Figure, _says("(expected_return − risk-free rate) / volatility.")]
    sortino_ratio: Annotated[
        Figure, _says("Mean return above the risk-free rate per downside deviation, per year.")
    ]
    max_drawdown: Annotated[Figure, _says("Deepest fall of compounded wealth, a negative fraction.")]
    var_95: Annotated[Figure, _says("Loss of one period not exceeded with 95 %, positive.")]
    cvar_95: Annotated[Figure, _says("Mean loss of one period at or beyond `var_95`, positive.")]
    diversification_ratio: Annotated[Figure, _says("Σ wᵢσᵢ / √(w'Σw); 1 is no diversification.")]
    effective_number_of_assets: Annotated[Figure, _says("1 / Σ wᵢ²: n for n equal weights.")]
    turnover: Annotated[Figure, _says("One-way: half the sum of absolute changes from the current weights.")]
    tracking_error: Annotated[Figure, _says("Deviation of returns less the benchmark's, per year.")]
    information_ratio: Annotated[Figure, _says("`active_return` / `tracking_error`.")]
    beta: Annotated[Figure, _says("Slope of excess returns on the benchmark's.")]
    active_return: Annotated[Figure, _says("Mean return less the benchmark's, per year.")]


class Realised(msgspec.Struct, frozen=True, kw_only=True):
    """What returns of some periods were like."""

    periods: Annotated[int, _says("How many returns.")]
    total_return: Annotated[Figure, _says("Compounded return over all of them.")]
    annual_return: Annotated[
        Figure, _says("Compounded return per year; null where they are less than a year.")
    ]
    expected_return: Annotated[Figure, _says("Mean return times periods per year.")]
    volatility: Annotated[Figure, _says("Standard deviation (n − 1) per year.")]
    sharpe_ratio: Annotated[Figure, _says("Mean excess return per deviation, per year.")]
    sortino_ratio: Annotated[Figure, _says("Mean excess return per downside deviation, per year.")]
    max_drawdown: Annotated[Figure, _says("Deepest fall of compounded wealth, a negative fraction.")]
    var_95: Annotated[Figure, _says("Loss of one period not exceeded with 95 %, positive.")]
    cvar_95: Annotated[Figure, _says("Mean loss of one period at or beyond `var_95`, positive.")]


class Relative(Realised, frozen=True, kw_only=True):
    """What returns were like, and how they compare with the benchmark's."""

    active_return: Annotated[Figure, _says("Mean return less the benchmark's, per year.")]
    tracking_error: Annotated[Figure, _says("Deviation of that difference, per year.")]
    information_ratio: Annotated[Figure, _says("`active_return` / `tracking_error`.")]
    beta: Annotated[Figure, _says("Slope of excess returns on the benchmark's.")]
    benchmark: Annotated[Realised | None, _says("The benchmark over the same periods.")] = None
    unavailable: Annotated[dict[str, Missing], _says("Why figures are null, by name.")] = msgspec.field(
        default_factory=dict
    )


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the walk: fitted on all periods before the test, held through it.

    Periods count from 0, both ends included.
    """

    train_start: Annotated[int, _says("First period fitted on.")]
    train_end: Annotated[int, _says("Last period fitted on.")]
    test_start: Annotated[int, _says("First period of the test, the one after `train_end`.")]
    test_end: Annotated[int, _says("Last period of the test.")]
    train_from: Annotated[date | None, _says("Day on which the first fitted return ends.")] = None
    train_to: Annotated[date | None, _says("Day on which the last fitted return ends.")] = None
    test_from: Annotated[date | None, _says("Day on which the first tested return ends.")] = None
    test_to: Annotated[date | None, _says("Day on which the last tested return ends.")] = None
    weights: Annotated[
        dict[str, float], _says("Weights held through the test; beyond 100 assets without zeros.")
    ]
    turnover: Annotated[float | None, _says("One-way, from the split before; null for the first.")] = None
    total_return: Annotated[float | None, _says("Compounded return of the test.")] = None
    note: Annotated[str | None, _says("What stands in for a fit that failed.")] = None


class GrowthPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What 1 became by the end of a period of the test."""

    period: Annotated[int, _says("Period, counted from 0.")]
    day: Annotated[date | None, _says("Its day.")] = None
    value: Annotated[float, _says("Of the portfolio, net of costs.")]
    benchmark: Annotated[float | None, _says("Of the benchmark.")] = None


class OutOfSample(Relative, frozen=True, kw_only=True):
    """Returns of periods that the weights had not seen, one after another."""

    splits: Annotated[list[Split], _says("The steps, oldest first.")]
    turnover: Annotated[Figure, _says("Mean one-way turnover from split to split.")]
    costs: Annotated[float, _says("Sum of trading costs taken off, a fraction of wealth.")] = 0.0
    growth: Annotated[list[GrowthPoint], _says("Growth of 1, at most 120 points.")] = msgspec.field(
        default_factory=list
    )


class FrontierPoint(msgspec.Struct, frozen=True, kw_only=True):
    """An efficient portfolio."""

    weights: Annotated[dict[str, float], _says("Weights by asset; beyond 100 assets without zeros.")]
    expected_return: Annotated[float, _says("Per year; per period where moments were sent.")]
    volatility: Annotated[float, _says("Per year; per period where moments were sent.")]


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """Something that whoever reads the weights should know."""

    code: Annotated[str, _says("As a code, such as `projected`.")]
    detail: Annotated[str, _says("In words.")]


class MethodResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one method answers; what a method does not have is left out."""

    status: Annotated[Literal["completed", "failed"], _says("Whether there are weights.")]
    weights: Annotated[dict[str, float] | None, _says("Weight of every asset, a fraction.")] = None
    metrics: Annotated[Metrics | None, _says("Figures of the weights.")] = None
    unavailable: Annotated[dict[str, Missing], _says("Why figures are null, by name.")] = msgspec.field(
        default_factory=dict
    )
    risk_contributions: Annotated[
        dict[str, float] | None, _says("Share of variance that each asset brings, summing to 1.")
    ] = None
    in_sample: Annotated[Relative | None, _says("The weights over the whole sample, as if always held.")] = (
        None
    )
    out_of_sample: Annotated[
        OutOfSample | None, _says("Walk-forward over periods the weights had not seen.")
    ] = None
    options: Annotated[dict[str, Any], _says("The method's options, defaults included.")] = msgspec.field(
        default_factory=dict
    )
    solver: Annotated[str | None, _says("What computed the weights.")] = None
    solver_status: Annotated[
        str | None, _says("`optimal`, or `inexact` where the solver stopped short of its tolerance.")
    ] = None
    fallbacks: Annotated[list[str], _says("What was tried before and failed, with the reason.")] = (
        msgspec.field(default_factory=list)
    )
    notes: Annotated[list[Noted], _says("What to know about the weights.")] = msgspec.field(
        default_factory=list
    )
    frontier: Annotated[
        list[FrontierPoint] | UnsetType, _says("Efficient portfolios, the highest return first.")
    ] = UNSET
    min_vol: Annotated[FrontierPoint | UnsetType, _says("The portfolio of least variance.")] = UNSET
    clusters: Annotated[dict[str, int] | UnsetType, _says("Cluster of each asset, from 1.")] = UNSET
    dendrogram: Annotated[dict[str, Any] | UnsetType, _says("`linkage` and `leaves` of the tree.")] = UNSET
    cluster_weights: Annotated[dict[str, float] | UnsetType, _says("Weight of each cluster.")] = UNSET
    regime: Annotated[dict[str, Any] | UnsetType, _says("States, probabilities and name of the regime.")] = (
        UNSET
    )
    equilibrium_returns: Annotated[
        dict[str, float] | UnsetType, _says("π: returns that explain the market's weights.")
    ] = UNSET
    posterior_returns: Annotated[
        dict[str, float] | UnsetType, _says("μ̄: equilibrium blended with the views.")
    ] = UNSET
    stack: Annotated[dict[str, float] | UnsetType, _says("Share of each stacked method.")] = UNSET
    details: Annotated[dict[str, Any] | UnsetType, _says("What else only this method has.")] = UNSET
    error: Annotated[MethodError | UnsetType, _says("Why there are no weights.")] = UNSET
    compute_seconds: Annotated[float, _says("Time it took, walk-forward included.")] = 0.0


class MethodWork(msgspec.Struct, frozen=True, kw_only=True):
    """One method to compute on one dataset, as `Dataset.encoded` gave it."""

    method: Method
    dataset: bytes
    terms: Terms


class MethodOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it."""

    method: Method
    result: MethodResult


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose figures were gathered and kept under `dataset_hash`."""

    dataset_hash: str
    inputs_hash: Annotated[str, _says("SHA-256 of the request and everything it was computed from.")]
    code_version: Annotated[str, _says("Version of the code that computes.")]
    source: Annotated[Source, _says("Where returns come from.")]
    assets: Annotated[list[AssetFacts], _says("The assets, in order.")]
    periods: Annotated[int, _says("Returns per asset; 0 where moments were sent.")]
    periods_per_year: Annotated[float, _says("What annual figures were multiplied with.")]
    first_day: Annotated[date | None, _says("Day on whose close the first return begins.")]
    last_day: Annotated[date | None, _says("Day of the last return.")]
    currency: Annotated[str | None, _says("Currency of the returns.")]
    benchmark: Annotated[UsedBenchmark | None, _says("What results are measured against.")]
    risk_free: Annotated[RiskFree, _says("The risk-free rate taken off.")]
    dropped: Annotated[list[Dropped], _says("What was left out, and why.")]
    warnings: Annotated[list[Warned], _says("What is doubtful about the data.")]
    current_weights: Annotated[dict[str, float] | None, _says("Weights held now.")] = None
    impossible: Annotated[
        dict[str, MethodError], _says("Methods that cannot be computed on these figures, and why.")
    ] = msgspec.field(default_factory=dict)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One method among the others."""

    method: Annotated[str, _says("The method.")]
    rank: Annotated[int, _says("Place by `ranked_by`, from 1; methods without the figure come last.")]
    expected_return: Annotated[Figure, _says("`metrics.expected_return`.")]
    volatility: Annotated[Figure, _says("`metrics.volatility`.")]
    sharpe_ratio: Annotated[Figure, _says("`metrics.sharpe_ratio`.")]
    max_drawdown: Annotated[Figure, _says("`metrics.max_drawdown`, a negative fraction.")]
    cvar_95: Annotated[Figure, _says("`metrics.cvar_95`, a positive loss.")]
    diversification_ratio: Annotated[Figure, _says("`metrics.diversification_ratio`.")]
    effective_number_of_assets: Annotated[Figure, _says("`metrics.effective_number_of_assets`.")]
    turnover: Annotated[Figure, _says("`metrics.turnover`, one-way.")]
    largest_weight: Annotated[Figure, _says("Largest weight, regardless of sign.")]
    out_of_sample_return: Annotated[Figure, _says("`out_of_sample.expected_return`, per year.")]
    out_of_sample_volatility: Annotated[Figure, _says("`out_of_sample.volatility`, per year.")]
    out_of_sample_sharpe_ratio: Annotated[Figure, _says("`out_of_sample.sharpe_ratio`.")]
    out_of_sample_max_drawdown: Annotated[Figure, _says("`out_of_sample.max_drawdown`, a negative fraction.")]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The completed methods side by side."""

    ranked_by: Annotated[
        str,
        _says("`out_of_sample.sharpe_ratio` where any method has one, else `metrics.sharpe_ratio`."),
    ]
    ranking: Annotated[list[Place], _says("The methods, the best first.")]
    best: Annotated[dict[str, str], _says("Best method by figure: most return, least risk.")]
    weight_distances: Annotated[
        dict[str, dict[str, float]],
        _says("Half the sum of absolute differences of two methods' weights: 0 equal, 1 nothing in common."),
    ]
    mean_weights: Annotated[dict[str, float], _says("Mean weight of each asset over the methods.")]
    weight_ranges: Annotated[
        dict[str, list[float]], _says("Lowest and highest weight of each asset over the methods.")
    ]
    failed: Annotated[list[str], _says("Methods without weights.")]
