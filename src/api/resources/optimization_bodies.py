"""Optimisations as they go out."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from api.resources.fields import LimitUsed, OffsetUsed, Total
from application.optimization.answer import Comparison, MethodResult
from application.optimization.dataset import AssetFacts, Dropped, RiskFree, Source, UsedBenchmark, Warned
from application.optimization.options import Method

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
MethodStatus = Literal["queued", "completed", "failed", "cancelled"]

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Id = Annotated[UUID, msgspec.Meta(description="The optimisation.")]
OfPortfolio = Annotated[
    UUID | None, msgspec.Meta(description="The portfolio it was asked for; null for stocks and inline data.")
]
JobStatus = Annotated[
    Status,
    msgspec.Meta(
        description=(
            "`completed` when every method was tried, also where some of them failed; `failed` when the whole of it "
            "could not be computed."
        )
    ),
]
Progress = Annotated[float, msgspec.Meta(ge=0, le=1, description="Share of methods that are done.")]
Methods = Annotated[
    list[Method], msgspec.Meta(description="The methods, in the order in which they were asked for.")
]
InputsHash = Annotated[
    str, msgspec.Meta(description="SHA-256 of the request and its figures: the same inputs, the same hash.")
]
CodeVersion = Annotated[str, msgspec.Meta(description="Version of the code that computes.")]
CreatedAt = Annotated[Moment, msgspec.Meta(description="When it was asked for, UTC.")]
StartedAt = Annotated[
    Moment | None, msgspec.Meta(description="When an agent began with it, UTC; null before.")
]
FinishedAt = Annotated[Moment | None, msgspec.Meta(description="When it came to its end, UTC; null before.")]


class JobError(msgspec.Struct, frozen=True, kw_only=True):
    """Why the whole of an optimisation could not be computed."""

    code: Annotated[str, msgspec.Meta(description="The reason as a code, such as `dataset_gone`.")]
    detail: Annotated[str, msgspec.Meta(description="The reason in words.")]


class MethodProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far one method has come."""

    status: Annotated[MethodStatus, msgspec.Meta(description="`queued` until it is computed.")]


class MethodAnswer(MethodResult, frozen=True, kw_only=True):
    """What one method answers; before it is computed, its status alone says something."""

    status: Annotated[MethodStatus, msgspec.Meta(description="`queued` until it is computed.")]  # type: ignore[assignment]


class OptimizationProgress(msgspec.Struct, frozen=True, kw_only=True):
    """An optimisation without its results."""

    id: Id
    status: JobStatus
    progress: Progress
    methods: Methods
    results: Annotated[dict[str, MethodProgress], msgspec.Meta(description="How far each method has come.")]
    portfolio_id: OfPortfolio
    inputs_hash: InputsHash
    code_version: CodeVersion
    created_at: CreatedAt
    started_at: StartedAt
    finished_at: FinishedAt
    error: JobError | None = None


class OptimizationPage(msgspec.Struct, frozen=True, kw_only=True):
    """Optimisations, the newest first."""

    optimizations: Annotated[list[OptimizationProgress], msgspec.Meta(description="The page.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What was found when the figures were gathered."""

    source: Annotated[Source, msgspec.Meta(description="Where returns come from.")]
    assets: Annotated[list[AssetFacts], msgspec.Meta(description="The assets, in order.")]
    periods: Annotated[int, msgspec.Meta(description="Returns per asset; 0 where moments were sent.")]
    periods_per_year: Annotated[
        float, msgspec.Meta(description="What figures per period were made annual with; 1 is not at all.")
    ]
    first_day: Annotated[date | None, msgspec.Meta(description="Day on whose close the first return begins.")]
    last_day: Annotated[date | None, msgspec.Meta(description="Day of the last return.")]
    currency: Annotated[str | None, msgspec.Meta(description="Currency of the returns.")]
    benchmark: Annotated[UsedBenchmark | None, msgspec.Meta(description="What results are measured against.")]
    risk_free: Annotated[RiskFree, msgspec.Meta(description="The risk-free rate that ratios take off.")]
    dropped: Annotated[list[Dropped], msgspec.Meta(description="What was left out, and why.")]
    warnings: Annotated[list[Warned], msgspec.Meta(description="What is doubtful about the data.")]
    current_weights: Annotated[
        dict[str, float] | None, msgspec.Meta(description="Weights held now, from which turnover counts.")
    ] = None


class OptimizationBody(msgspec.Struct, frozen=True, kw_only=True):
    """An optimisation with everything that came out so far."""

    id: Id
    status: JobStatus
    progress: Progress
    methods: Methods
    results: Annotated[
        dict[str, MethodAnswer],
        msgspec.Meta(description="By method, in the order in which they were asked for."),
    ]
    comparison: Annotated[
        Comparison | None,
        msgspec.Meta(description="The completed methods side by side; null before the end."),
    ]
    portfolio_id: OfPortfolio
    source: Annotated[Source, msgspec.Meta(description="Where returns come from.")]
    assets: Annotated[list[AssetFacts], msgspec.Meta(description="The assets, in order.")]
    periods: Annotated[int, msgspec.Meta(description="Returns per asset; 0 where moments were sent.")]
    periods_per_year: Annotated[
        float, msgspec.Meta(description="What figures per period were made annual with; 1 is not at all.")
    ]
    first_day: Annotated[date | None, msgspec.Meta(description="Day on whose close the first return begins.")]
    last_day: Annotated[date | None, msgspec.Meta(description="Day of the last return.")]
    currency: Annotated[str | None, msgspec.Meta(description="Currency of the returns.")]
    benchmark: Annotated[UsedBenchmark | None, msgspec.Meta(description="What results are measured against.")]
    risk_free_rate: Annotated[RiskFree, msgspec.Meta(description="The risk-free rate that ratios take off.")]
    current_weights: Annotated[
        dict[str, float] | None, msgspec.Meta(description="Weights held now, from which turnover counts.")
    ]
    dropped: Annotated[list[Dropped], msgspec.Meta(description="What was left out, and why.")]
    warnings: Annotated[list[Warned], msgspec.Meta(description="What is doubtful about the data.")]
    request: Annotated[
        dict[str, Any], msgspec.Meta(description="What was asked, defaults included, without inline figures.")
    ]
    inputs_hash: InputsHash
    dataset_hash: Annotated[str, msgspec.Meta(description="SHA-256 of the figures alone.")]
    code_version: CodeVersion
    created_by: Annotated[str, msgspec.Meta(description="Who asked for it.")]
    created_at: CreatedAt
    started_at: StartedAt
    finished_at: FinishedAt
    error: JobError | None = None
