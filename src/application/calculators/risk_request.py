"""What the risk calculator is asked and what it answers."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from domain.errors import Violation
from domain.rules import each, gathered
from domain.unavailable import Missing

OBSERVATIONS_MAX = 20_000
ASSETS_MAX = 1_000
CELLS_MAX = 2_000_000

Method = Literal["historical", "parametric", "cornish_fisher", "monte_carlo"]
Label = Annotated[str, Meta(min_length=1, max_length=64)]
Return = Annotated[float, Meta(ge=-1e6, le=1e6)]
AssetReturns = Annotated[list[Return], Meta(min_length=1, max_length=ASSETS_MAX)]

Weights = Annotated[list[Annotated[float, Meta(ge=-1e6, le=1e6)]], Meta(max_length=ASSETS_MAX)]
Freedom = Annotated[int, Meta(ge=0, le=1)]
Names = Annotated[list[Label], Meta(max_length=ASSETS_MAX)]


class RiskRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Returns of one series, or of several assets with their weights."""

    returns: Annotated[
        list[Return | AssetReturns],
        Meta(
            min_length=2,
            max_length=OBSERVATIONS_MAX,
            description=(
                "Simple returns per period as fractions, the oldest first: a number per period, or a list per "
                "period with a number for each asset."
            ),
        ),
    ]
    weights: Annotated[
        Weights | None,
        Meta(
            description="Signed weight of each asset as a fraction; equal weights if left out. They need not sum to 1.",
        ),
    ] = None
    assets: Annotated[Names | None, Meta(description="Name of each asset, for the answer.")] = None
    confidence: Annotated[
        float,
        Meta(ge=0.5, lt=1, description="Probability with which the loss is not exceeded, such as 0.95."),
    ] = 0.95
    method: Annotated[
        Method,
        Meta(
            description=(
                "`historical`: interpolated quantile (type 7) and the mean at or below it; `parametric`: normal; "
                "`cornish_fisher`: normal corrected for skewness and kurtosis; `monte_carlo`: 100,000 simulated "
                "normal scenarios, the same for every request."
            )
        ),
    ] = "historical"
    ddof: Annotated[
        Freedom | None,
        Meta(
            description=(
                "Degrees of freedom taken off in variances; left out it is 0 for one series and 1 for several "
                "assets, as PerformanceAnalytics has it. The historical tail has none; the volatility has."
            ),
        ),
    ] = None

    def violations(self) -> Iterator[Violation]:
        """Yield what does not fit together: rows of different widths, too many returns, weights or names."""
        return gathered(
            self._uneven_rows(),
            self._too_many_returns(),
            self._of_another_width("weights", self.weights),
            self._of_another_width("assets", self.assets),
            self._named_twice(),
        )

    def _width(self) -> int:
        first = self.returns[0]
        return len(first) if isinstance(first, list) else 1

    def _uneven_rows(self) -> Iterator[Violation]:
        width = self._width() if isinstance(self.returns[0], list) else None
        yield from each(partial(_uneven, width=width), self.returns, "returns")

    def _too_many_returns(self) -> Iterator[Violation]:
        cells = len(self.returns) * self._width()
        if cells > CELLS_MAX:
            detail = f"Expected at most {CELLS_MAX} returns in all, not {cells}."
            yield Violation("returns", "too_large", detail)

    def _of_another_width(self, name: str, given: list[float] | list[str] | None) -> Iterator[Violation]:
        width = self._width()
        if given is not None and len(given) != width:
            detail = f"Expected one of {name} for each of the {width} assets in a period, not {len(given)}."
            yield Violation(name, "length", detail)

    def _named_twice(self) -> Iterator[Violation]:
        if self.assets is not None and len(set(self.assets)) != len(self.assets):
            yield Violation("assets", "duplicate", "Expected each asset to be named once.")


def _uneven(row: float | list[float], path: str, *, width: int | None) -> Iterator[Violation]:
    """Yield what keeps a row from being like the first one, a list of `width` or a number."""
    if isinstance(row, list) != (width is not None):
        detail = "Expected numbers only or lists only, as in the first period."
        yield Violation(path, "wrong_type", detail)
    elif isinstance(row, list) and len(row) != width:
        detail = f"Expected a return for each of {width} assets, as in the first period, not {len(row)}."
        yield Violation(path, "length", detail)


class AssetRisk(msgspec.Struct, frozen=True, kw_only=True):
    """What one asset adds: each component is weight times marginal, and components sum to the total."""

    asset: Annotated[str, Meta(description="Name of the asset, or its place as text, from 1.")]
    weight: Annotated[float, Meta(description="Weight of the asset, a signed fraction.")]
    marginal: Annotated[float, Meta(description="Change of `var` per unit of weight, losses positive.")]
    component: Annotated[float, Meta(description="Part of `var`, losses positive.")]
    share: Annotated[float | None, Meta(description="Part of `var` over `var`; null where `var` is 0.")]
    marginal_cvar: Annotated[float, Meta(description="Change of `cvar` per unit of weight, losses positive.")]
    component_cvar: Annotated[float, Meta(description="Part of `cvar`, losses positive.")]
    marginal_volatility: Annotated[
        float | None, Meta(description="Change of `volatility` per unit of weight; null where that is 0.")
    ]
    component_volatility: Annotated[
        float | None, Meta(description="Part of `volatility`; null where that is 0.")
    ]


class RiskConventions(msgspec.Struct, frozen=True, kw_only=True):
    """How the figures were computed."""

    method: Annotated[Method, Meta(description="As in the request.")]
    confidence: Annotated[float, Meta(description="As in the request.")]
    ddof: Annotated[int, Meta(description="Degrees of freedom taken off in variances.")]
    horizon: Annotated[str, Meta(description="Always one period.")] = "one period"
    signs: Annotated[str, Meta(description="Losses are positive.")] = "losses positive"
    quantile: Annotated[str, Meta(description="How a historical quantile is read.")] = "linear (type 7)"
    scenarios: Annotated[int | None, Meta(description="Simulated scenarios; null without simulation.")] = None
    seed: Annotated[
        str | None,
        Meta(description="Seed of the simulation, the same for every request, in hexadecimal digits."),
    ] = None


class RiskAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Risk of one period; losses are positive, and negative only where even the tail gains."""

    var: Annotated[float, Meta(description="Value at risk, a positive fraction for a loss.")]
    cvar: Annotated[float, Meta(description="Expected shortfall beyond it, a positive fraction for a loss.")]
    volatility: Annotated[float, Meta(description="Standard deviation per period, a fraction.")]
    components: Annotated[
        list[AssetRisk], Meta(description="By asset, in the order of the request; they sum to `var`.")
    ]
    n_observations: Annotated[int, Meta(description="Periods.")]
    conventions: Annotated[RiskConventions, Meta(description="How it was computed.")]
    unavailable: Annotated[
        dict[str, Missing], Meta(description="Why figures of assets are null, by their names.")
    ]
