"""What an attribution says: where the difference between a portfolio's return and its benchmark's came from.

Weights, returns and effects are fractions; effects add up to `total_active_return` with no residual.
"""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from domain.risk import DataFlag, Left, UsedBenchmark
from domain.unavailable import Missing

By = Literal["sector", "asset_class", "geography", "security"]
Linking = Literal["carino", "menchero", "grap", "frongello", "geometric", "none"]


def _says(description: str) -> msgspec.Meta:
    return msgspec.Meta(description=description)


class AttributedBucket(msgspec.Struct, frozen=True, kw_only=True):
    """What one bucket added to the active return."""

    bucket: Annotated[
        str, _says("The sector, asset class, country or ticker; `cash` and `unclassified` among them.")
    ]
    sector_slug: Annotated[str | UnsetType, _says("The same, where buckets are sectors.")] = UNSET
    portfolio_weight: Annotated[
        float, _says("Mean weight in the portfolio at the start of each day, a fraction.")
    ]
    benchmark_weight: Annotated[
        float, _says("Mean weight in the benchmark at the start of each day, a fraction.")
    ]
    portfolio_return: Annotated[
        float | None,
        _says("Return of the portfolio's part, compounded, a fraction; null where nothing was held."),
    ]
    benchmark_return: Annotated[
        float | None,
        _says("Return of the benchmark's part, compounded, a fraction; null where it holds nothing."),
    ]
    allocation_effect: Annotated[
        float, _says("What weighting the bucket otherwise added, linked, a fraction.")
    ]
    selection_effect: Annotated[float, _says("What choosing within the bucket added, linked, a fraction.")]
    interaction_effect: Annotated[float, _says("What both together added, linked, a fraction.")]
    currency_effect: Annotated[
        float,
        _says("What exchange rates added to the portfolio beyond the benchmark, linked; 0 in one currency."),
    ]
    total_effect: Annotated[float, _says("Sum of the bucket's effects, a fraction.")]


class AttributionTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Effects of all buckets; with linking `geometric` they multiply instead of adding up."""

    allocation_effect: Annotated[float, _says("What weighting buckets otherwise added, a fraction.")]
    selection_effect: Annotated[float, _says("What choosing within buckets added, a fraction.")]
    interaction_effect: Annotated[float, _says("What both together added, a fraction.")]
    currency_effect: Annotated[float, _says("What exchange rates added, a fraction; 0 in one currency.")]
    total_effect: Annotated[float, _says("The active return, a fraction.")]


class AttributionSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The attribution of one portfolio over one period, day by day and linked; reproducible bit for bit."""

    period: Annotated[str, _says("The period as it was asked for.")]
    from_: Annotated[
        date, _says("Day at whose end the period begins: the first return is that of the day after.")
    ] = msgspec.field(name="from")
    to: Annotated[date, _says("Last day of the period.")]
    by: Annotated[By, _says("What the buckets are.")]
    linking: Annotated[Linking, _says("How the effects of days add up over the period.")]
    method: Annotated[str, _says("How the effects of a day are computed.")]
    currency: Annotated[str, _says("ISO 4217 code of the portfolio, in which returns are measured.")]
    total_active_return: Annotated[
        float,
        _says(
            "What the effects add up to, a fraction: portfolio_return less benchmark_return; the sum over days with "
            "linking `none`; (1 + portfolio_return)/(1 + benchmark_return) − 1 with `geometric`."
        ),
    ]
    portfolio_return: Annotated[float, _says("Time-weighted return of the portfolio, a fraction.")]
    benchmark_return: Annotated[float, _says("Return of the benchmark over the same days, a fraction.")]
    attribution: Annotated[list[AttributedBucket], _says("Buckets in the order of their names.")]
    totals: Annotated[AttributionTotals, _says("Effects of all buckets.")]
    n_observations: Annotated[int, _says("Daily returns linked.")]
    data_from: Annotated[date | None, _says("Day of the first return.")]
    data_to: Annotated[date | None, _says("Day of the last return.")]
    inputs_hash: Annotated[str, _says("SHA-256 of every input, in hexadecimal digits.")]
    benchmark: Annotated[UsedBenchmark, _says("What the portfolio is compared with.")]
    excluded: Annotated[list[Left], _says("Holdings and constituents that the figures leave out.")]
    data_quality: Annotated[list[DataFlag], _says("Doubtful data in what was used.")]
    unavailable: Annotated[dict[str, Missing], _says("Why figures are null, by their names.")]
