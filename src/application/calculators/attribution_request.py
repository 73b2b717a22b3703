"""What the attribution calculator is sent and what it answers; weights, returns and effects are fractions."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from domain.errors import Violation
from domain.rules import each, gathered

SEGMENTS_MAX: Final = 2_000
PERIODS_MAX: Final = 5_000
CELLS_MAX: Final = 200_000
WEIGHT_TOLERANCE: Final = 1e-6
SIDES: Final = "portfolio", "benchmark"

Method = Literal["brinson_fachler", "bhb"]
Linking = Literal["carino", "menchero", "grap", "frongello", "geometric", "none"]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Weight = Annotated[float, Meta(ge=-1_000, le=1_000)]
Return = Annotated[float, Meta(ge=-1_000, le=1_000_000)]


class AttributedSegment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One segment in one period, in the portfolio and in the benchmark."""

    segment: Annotated[Name, Meta(description="Name of the segment, such as a sector.")]
    portfolio_weight: Annotated[
        Weight, Meta(description="Weight in the portfolio at the start of the period, a signed fraction.")
    ] = 0.0
    benchmark_weight: Annotated[
        Weight, Meta(description="Weight in the benchmark at the start of the period, a signed fraction.")
    ] = 0.0
    portfolio_return: Annotated[
        Return | None,
        Meta(
            description="Return of the portfolio's part, a fraction. May be null where the weight is 0: the "
            "benchmark's return stands in, so that all of it is allocation."
        ),
    ] = None
    benchmark_return: Annotated[
        Return | None,
        Meta(
            description="Return of the benchmark's part, a fraction. May be null where the weight is 0: the "
            "portfolio's return stands in, so that all of it is allocation."
        ),
    ] = None


class AttributedPeriod(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One period and its segments."""

    label: Annotated[
        str, Meta(max_length=200, description="What the period is called, such as `2024-Q1`.")
    ] = ""
    segments: Annotated[
        list[AttributedSegment],
        Meta(
            min_length=1,
            max_length=SEGMENTS_MAX,
            description="Segments, each once. Weights sum to 1 on either side; one more than a millionth off is "
            "refused.",
        ),
    ]


class AttributionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Periods of a portfolio and its benchmark, oldest first, and how to attribute and link them."""

    periods: Annotated[
        list[AttributedPeriod],
        Meta(
            min_length=1,
            max_length=PERIODS_MAX,
            description="Periods, oldest first; 200,000 rows of segments in all at most.",
        ),
    ]
    method: Annotated[
        Method,
        Meta(
            description="brinson_fachler: allocation (wp − wb)(rb − Rb). bhb (Brinson, Hood, Beebower): allocation "
            "(wp − wb) rb. Selection wb (rp − rb) and interaction (wp − wb)(rp − rb) are the same in both."
        ),
    ] = "brinson_fachler"
    linking: Annotated[
        Linking,
        Meta(
            description="How the effects of periods add up to the active return of all of them. carino, menchero, "
            "grap and frongello leave no residual; none sums effects and active returns; geometric takes Bacon's "
            "geometric effects whatever the method, for one period too."
        ),
    ] = "carino"

    def violations(self) -> Iterator[Violation]:
        """Yield what does not fit in each period, or that there are too many of them to look at."""
        too_long = list(gathered(self._too_long()))
        return iter(too_long) if too_long else gathered(each(_unfit, self.periods, "periods"))

    def _too_long(self) -> Iterator[Violation]:
        rows = sum(len(period.segments) for period in self.periods)
        names = {one.segment for period in self.periods for one in period.segments}
        cells = max(rows, len(names) * len(self.periods))
        if cells > CELLS_MAX:
            detail = f"There are {cells} combinations of period and segment; {CELLS_MAX} are allowed"
            yield Violation("periods", "too_long", detail)


def _unfit(period: AttributedPeriod, path: str) -> Iterator[Violation]:
    path = f"{path}.segments"
    return gathered(
        each(partial(_unfit_segment, seen=Counter()), period.segments, path),
        *(_incomplete(period.segments, side, path) for side in SIDES),
    )


def _unfit_segment(one: AttributedSegment, path: str, *, seen: Counter[str]) -> Iterator[Violation]:
    return gathered(
        _duplicate(one, path, seen),
        _without_return("portfolio_return", one.portfolio_weight, one.portfolio_return, path),
        _without_return("benchmark_return", one.benchmark_weight, one.benchmark_return, path),
    )


def _duplicate(one: AttributedSegment, path: str, seen: Counter[str]) -> Iterator[Violation]:
    seen[one.segment] += 1
    if seen[one.segment] == 2:
        yield Violation(f"{path}.segment", "duplicate", f"{one.segment} stands in the period twice")


def _without_return(name: str, weight: float, sent: float | None, path: str) -> Iterator[Violation]:
    if weight and sent is None:
        yield Violation(f"{path}.{name}", "missing", "Only a segment of weight 0 may leave out its return")


def _incomplete(segments: list[AttributedSegment], side: str, path: str) -> Iterator[Violation]:
    total = sum(getattr(one, f"{side}_weight") for one in segments)
    if not abs(total - 1) <= WEIGHT_TOLERANCE:
        detail = (
            f"The {side}'s weights sum to {total:.10g}, not to 1; add a segment for the rest, such as cash"
        )
        yield Violation(path, f"{side}_weights_sum", detail)


class EffectTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Effects of all segments."""

    allocation_effect: Annotated[
        float, Meta(description="What weighting segments otherwise added, a fraction.")
    ]
    selection_effect: Annotated[float, Meta(description="What choosing within segments added, a fraction.")]
    interaction_effect: Annotated[
        float, Meta(description="What both together added, a fraction; 0 where effects are geometric.")
    ]
    total_effect: Annotated[
        float,
        Meta(description="The active return, a fraction. Geometric: (1 + allocation)(1 + selection) − 1."),
    ]


class SegmentEffects(msgspec.Struct, frozen=True, kw_only=True):
    """Effects of one segment; `total_effect` sums over segments to the active return."""

    segment: Annotated[str, Meta(description="Name of the segment.")]
    allocation_effect: Annotated[float, Meta(description="What its weight added, a fraction.")]
    selection_effect: Annotated[float, Meta(description="What choosing within it added, a fraction.")]
    interaction_effect: Annotated[float, Meta(description="What both together added, a fraction.")]
    total_effect: Annotated[
        float,
        Meta(
            description="Sum of its effects, a fraction. Geometric: its allocation, and its selection grown by the "
            "allocation of all segments."
        ),
    ]


class PeriodEffects(msgspec.Struct, frozen=True, kw_only=True):
    """One period's own effects, not linked."""

    label: Annotated[
        str, Meta(description="What the period is called; its number, from 1, if it was not said.")
    ]
    portfolio_return: Annotated[float, Meta(description="Return of the portfolio, a fraction.")]
    benchmark_return: Annotated[float, Meta(description="Return of the benchmark, a fraction.")]
    active_return: Annotated[
        float, Meta(description="Their difference, a fraction. Geometric: (1 + Rp)/(1 + Rb) − 1.")
    ]
    segments: Annotated[list[SegmentEffects], Meta(description="Effects of the period's segments.")]
    totals: Annotated[EffectTotals, Meta(description="Effects of all segments of the period.")]


class AttributionConventions(msgspec.Struct, frozen=True, kw_only=True):
    """What the figures were computed by."""

    method: Annotated[str, Meta(description="As asked; `geometric` where linking is.")]
    linking: Annotated[Linking, Meta(description="As asked or by default.")]
    missing_returns: Annotated[str, Meta(description="What stands in for a null return.")] = (
        "the other side's return"
    )
    weights: Annotated[str, Meta(description="What is done with weights that do not quite add up.")] = (
        "divided by their sum on each side of each period, which is 1 but for a millionth at most"
    )


class AttributionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Effects over all periods, and each period's own."""

    segments: Annotated[
        list[SegmentEffects], Meta(description="Linked effects, in the order of first mention.")
    ]
    totals: Annotated[EffectTotals, Meta(description="Linked effects of all segments.")]
    portfolio_return: Annotated[float, Meta(description="Return of the portfolio, compounded, a fraction.")]
    benchmark_return: Annotated[float, Meta(description="Return of the benchmark, compounded, a fraction.")]
    active_return: Annotated[
        float,
        Meta(
            description="What the effects add up to, a fraction: Rp − Rb; the sum over periods with linking `none`; "
            "(1 + Rp)/(1 + Rb) − 1 with `geometric`."
        ),
    ]
    periods: Annotated[list[PeriodEffects], Meta(description="Each period's own effects, not linked.")]
    conventions: Annotated[AttributionConventions, Meta(description="What the figures were computed by.")]
