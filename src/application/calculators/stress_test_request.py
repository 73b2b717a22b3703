"""What the calculator of stress tests is asked and what it answers."""

from collections.abc import Iterable, Iterator, Mapping
from math import fsum, sqrt
from operator import mul
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from domain.errors import Violation, below
from domain.rules import each, gathered

ASSETS_MAX: Final = 500
STEPS_MAX: Final = 1_000_000_000
SUMS_TO_ONE: Final = 1e-6
SAME: Final = 1e-8
"""Correlations that differ by less are the same but for rounding, and so is an eigenvalue just below 0."""
QUICKLY: Final = 48
"""Assets whose matrix is looked through here, in a millisecond; larger ones wait for linear algebra."""
INDEFINITE: Final = Violation(
    "correlationMatrix",
    "not_positive_semidefinite",
    "No returns have these correlations: the matrix is not positive semi-definite.",
)

Scenario = Literal["GFC_2008", "COVID_2020", "DOTCOM_2000"]
SCENARIOS: Final[dict[Scenario, int]] = {"GFC_2008": 127, "COVID_2020": 23, "DOTCOM_2000": 637}
"""Names and trading days, in the order of the answer."""

Rebalancing = Literal["daily", "never"]
Label = Annotated[str, Meta(min_length=1, max_length=64)]
Weight = Annotated[float, Meta(ge=-100, le=100)]
Mean = Annotated[float, Meta(ge=-1, le=1)]
Volatility = Annotated[float, Meta(ge=0, le=1)]
Correlation = Annotated[float, Meta(ge=-1, le=1)]
Row = Annotated[list[Correlation], Meta(max_length=ASSETS_MAX)]
_SOME: Final = Meta(min_length=1, max_length=ASSETS_MAX)


class StressTestRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """A portfolio with what its assets do on calm days."""

    weights: Annotated[
        Annotated[dict[Label, Weight], _SOME],
        Meta(description="Signed weight of each asset, a fraction; together 1, give or take 0.000001."),
    ]
    expected_returns: Annotated[
        Annotated[dict[Label, Mean], _SOME],
        Meta(description="Expected return of each asset a day, a fraction."),
    ]
    daily_vols: Annotated[
        Annotated[dict[Label, Volatility], _SOME],
        Meta(description="Standard deviation of each asset's daily return, a fraction; 0.01 is 1 %."),
    ]
    correlation_matrix: Annotated[
        Annotated[list[Row], _SOME],
        Meta(
            description="Correlations of daily returns, a row for each asset in the order of assetOrder: symmetric, 1 "
            "on the diagonal, positive semi-definite."
        ),
    ]
    asset_order: Annotated[
        Annotated[list[Label], _SOME],
        Meta(description="The assets in the order of the rows and columns of correlationMatrix, each once."),
    ]
    scenarios: Annotated[
        list[Scenario],
        Meta(min_length=1, max_length=3, description="Scenarios, each once; all three if left out."),
    ] = msgspec.field(default_factory=lambda: list(SCENARIOS))
    simulations: Annotated[
        int, Meta(ge=50, le=1_000_000, description="Simulated paths of each scenario.")
    ] = 1_000
    seed: Annotated[
        int,
        Meta(
            ge=0,
            le=2**53 - 1,
            description="Seed of the random numbers: the same request with the same seed has the same answer.",
        ),
    ] = 0
    rebalancing: Annotated[
        Rebalancing,
        Meta(
            description="`daily`: the portfolio is brought back to its weights every day. `never`: it is bought at the "
            "start and left alone."
        ),
    ] = "daily"

    def violations(self) -> Iterator[Violation]:
        """Yield weights that do not sum to 1, names that differ, and what makes a matrix none of correlations.

        Whether one of more than QUICKLY assets is positive semi-definite is for whoever has linear algebra at hand.
        """
        return gathered(
            self._sum(),
            _named_twice("assetOrder", self.asset_order),
            _named_twice("scenarios", self.scenarios),
            self._names("weights", self.weights),
            self._names("expectedReturns", self.expected_returns),
            self._names("dailyVols", self.daily_vols),
            self._height(),
            self._widths(),
            self._diagonal(),
            self._asymmetry(),
            self._definiteness(),
            self._too_much(),
        )

    def _sum(self) -> Iterator[Violation]:
        total = fsum(self.weights.values())
        if abs(total - 1) > SUMS_TO_ONE * (1 + 1e-9):
            yield Violation("weights", "sum_not_one", f"The weights sum to {total:.10g}, not to 1.")

    def _names(self, path: str, given: Mapping[str, float]) -> Iterator[Violation]:
        known = set(self.asset_order)
        for name in self.asset_order:
            if name not in given:
                yield Violation(below(path, name), "missing", f"{name} of assetOrder is not in {path}.")
        for name in given:
            if name not in known:
                yield Violation(below(path, name), "unknown_asset", f"{name} is not in assetOrder.")

    def _height(self) -> Iterator[Violation]:
        count, rows = len(self.asset_order), len(self.correlation_matrix)
        if rows != count:
            detail = f"Expected a row for each of the {count} assets, not {rows}."
            yield Violation("correlationMatrix", "length", detail)

    def _widths(self) -> Iterator[Violation]:
        count = len(self.asset_order)
        for at, row in enumerate(self.correlation_matrix):
            if len(row) != count:
                detail = f"Expected a correlation with each of the {count} assets, not {len(row)}."
                yield Violation(f"correlationMatrix.{at}", "length", detail)

    def _diagonal(self) -> Iterator[Violation]:
        for at, row in enumerate(self.correlation_matrix):
            if at < len(row) and abs(row[at] - 1) > SAME:
                detail = f"An asset has a correlation of 1 with itself, not {row[at]:.10g}."
                yield Violation(f"correlationMatrix.{at}.{at}", "not_one", detail)

    def _asymmetry(self) -> Iterator[Violation]:
        rows = self.correlation_matrix
        for at, row in enumerate(rows):
            for other in range(min(at, len(row))):
                if at < len(rows[other]) and abs(row[other] - rows[other][at]) > SAME:
                    detail = f"{row[other]:.10g} is not {rows[other][at]:.10g}, which mirrors it."
                    yield Violation(f"correlationMatrix.{at}.{other}", "not_symmetric", detail)

    def _definiteness(self) -> Iterator[Violation]:
        if (
            len(self.correlation_matrix) <= QUICKLY
            and self.is_square()
            and not _factors(self.correlation_matrix)
        ):
            yield INDEFINITE

    def is_square(self) -> bool:
        """Say whether the matrix has as many columns as rows."""
        return all(len(row) == len(self.correlation_matrix) for row in self.correlation_matrix)

    def _too_much(self) -> Iterator[Violation]:
        if self.rebalancing == "never":
            days = sum(SCENARIOS[name] for name in set(self.scenarios))
            steps = self.simulations * days * len(self.asset_order)
            if steps > STEPS_MAX:
                detail = (
                    f"{self.simulations} paths of {len(self.asset_order)} assets over {days} days are {steps} steps; "
                    f"without rebalancing at most {STEPS_MAX} can be taken."
                )
                yield Violation("simulations", "too_large", detail)


def _named_twice(path: str, names: Iterable[str]) -> Iterator[Violation]:
    seen: set[str] = set()
    return each(lambda name, at: _repeated(name, at, seen), names, path)


def _repeated(name: str, path: str, seen: set[str]) -> Iterator[Violation]:
    if name in seen:
        yield Violation(path, "duplicate", f"{name} appears twice.")
    seen.add(name)


def _factors(matrix: list[list[float]]) -> bool:
    """Say whether C + SAME · 1 has a Cholesky factor, as it does where no eigenvalue of C is below −SAME.

    Of C only what is on and below the diagonal is read.
    """
    factor: list[list[float]] = []
    for at, row in enumerate(matrix):
        found: list[float] = []
        for other in range(at):
            found.append((row[other] - sum(map(mul, found, factor[other]))) / factor[other][other])
        pivot = row[at] + SAME - sum(map(mul, found, found))
        if pivot <= 0:
            return False
        factor.append([*found, sqrt(pivot)])
    return True


class ScenarioResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the portfolio does in one scenario, in fractions; losses are negative."""

    name: Annotated[Scenario, Meta(description="The scenario.")]
    duration_days: Annotated[int, Meta(description="Trading days.")]
    max_drawdown: Annotated[
        float,
        Meta(
            le=0,
            ge=-1,
            description="Mean of the deepest falls below a peak along the worst 5 % of paths, 0 or negative; never "
            "above cvar95.",
        ),
    ]
    var95: Annotated[
        float,
        Meta(
            description="Return over all days that 95 % of paths exceed, negative for a loss (interpolated quantile, "
            "type 7)."
        ),
    ]
    cvar95: Annotated[
        float,
        Meta(
            description="Mean return of the paths at or below var95, negative for a loss; never above var95."
        ),
    ]
    expected_drawdown: Annotated[
        float,
        Meta(le=0, ge=-1, description="Mean over all paths of the deepest fall below a peak, 0 or negative."),
    ]


class StressTestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The scenarios in the order they were asked for."""

    scenarios: Annotated[list[ScenarioResult], Meta(description="One for each scenario asked for.")]
    simulations: Annotated[int, Meta(description="Simulated paths of each scenario.")]
    seed: Annotated[int, Meta(description="Seed of the random numbers.")]
    rebalancing: Annotated[Rebalancing, Meta(description="As in the request.")]
