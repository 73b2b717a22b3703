"""What the calculator of hierarchical risk parity is sent and what it answers."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from domain.errors import Violation
from domain.rules import each, gathered

PERIODS_MAX: Final = 20_000
ASSETS_MAX: Final = 1_000
CELLS_MAX: Final = 2_000_000
Return = Annotated[float, Meta(ge=-1e6, le=1e6)]
AssetReturns = Annotated[list[Return], Meta(min_length=1, max_length=ASSETS_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]


class HrpRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Returns of at least two assets in at least two periods."""

    returns: Annotated[
        list[AssetReturns],
        Meta(
            min_length=2,
            max_length=PERIODS_MAX,
            description="Simple returns as fractions: a row per period, oldest first, with a number for each asset.",
        ),
    ]
    asset_names: Annotated[
        list[Name],
        Meta(
            min_length=2, max_length=ASSETS_MAX, description="Names of the assets, in the order of each row."
        ),
    ]
    use_shrinkage: Annotated[
        bool,
        Meta(
            description=(
                "Whether the covariance matrix is shrunk as Ledoit and Wolf do (2004); for fewer periods than three "
                "times the assets."
            )
        ),
    ] = False

    def violations(self) -> Iterator[Violation]:
        """Yield what does not fit together: widths, names that come twice, assets that never move."""
        return gathered(
            each(self._uneven, self.returns, "returns"),
            self._too_many_returns(),
            self._named_twice(),
            self._constant_columns(),
        )

    def _uneven(self, row: list[float], path: str) -> Iterator[Violation]:
        if len(row) != len(self.asset_names):
            detail = f"Expected a return for each of the {len(self.asset_names)} assets, not {len(row)}."
            yield Violation(path, "length", detail)

    def _too_many_returns(self) -> Iterator[Violation]:
        cells = len(self.returns) * len(self.asset_names)
        if cells > CELLS_MAX:
            yield Violation(
                "returns", "too_large", f"Expected at most {CELLS_MAX} returns in all, not {cells}."
            )

    def _named_twice(self) -> Iterator[Violation]:
        seen: set[str] = set()
        return each(partial(_duplicate, seen=seen), self.asset_names, "assetNames")

    def _constant_columns(self) -> Iterator[Violation]:
        if len(self.returns) < 2 or any(len(row) != len(self.asset_names) for row in self.returns):
            return
        columns = zip(*self.returns, strict=True)
        yield from gathered(*(self._constant(at, column) for at, column in enumerate(columns)))

    def _constant(self, at: int, column: Iterable[float]) -> Iterator[Violation]:
        first, *others = column
        if all(one == first for one in others):
            detail = f"The return of {self.asset_names[at]} never changes, so that it has no risk to be weighted by."
            yield Violation(f"returns.0.{at}", "constant", detail)


def _duplicate(name: str, path: str, *, seen: set[str]) -> Iterator[Violation]:
    if name in seen:
        yield Violation(path, "duplicate", f"There is another asset called {name}.")
    seen.add(name)


class HrpAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Weights by hierarchical risk parity, and where the risk comes from."""

    weights: Annotated[
        dict[str, float],
        Meta(
            description="Weight of every asset, a fraction above 0 or, beside a perfect hedge, 0; they sum to 1."
        ),
    ]
    method: Annotated[Literal["hrp"], Meta(description="Always hierarchical risk parity.")] = "hrp"
    risk_contributions: Annotated[
        dict[str, float],
        Meta(
            description=(
                "Share of each asset in the portfolio's variance, wᵢ(Σw)ᵢ / w'Σw, a fraction; they sum to 1, and that "
                "of an asset that hedges others may be negative."
            )
        ),
    ]
