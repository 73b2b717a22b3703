"""What the calculator of factor scores is asked and what it answers."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from domain.errors import Violation
from domain.rules import each, gathered
from domain.unavailable import Missing

ASSETS_MAX: Final = 1_000
PRICES_MAX: Final = 20_000
CELLS_MAX: Final = 2_000_000

Factor = Literal["momentum", "lowVol", "quality", "value"]
FACTORS: Final[tuple[Factor, ...]] = ("momentum", "lowVol", "quality", "value")
Price = Annotated[float, Meta(ge=1e-9, le=1e12)]
Ticker = Annotated[str, Meta(min_length=1, max_length=64)]
Ratio = Annotated[float, Meta(ge=-1_000_000, le=1_000_000)]
BookValue = Annotated[float, Meta(ge=-1e12, le=1e12)]


class ScoredAsset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """One asset with what is known of it."""

    ticker: Annotated[Ticker, Meta(description="Name of the asset, its key in the answer.")]
    price_history: Annotated[
        list[Price],
        Meta(
            max_length=PRICES_MAX,
            description="Daily closing prices, oldest first, for momentum and lowVol. With fewer than lookback + 1 "
            "both are null.",
        ),
    ]
    roe: Annotated[
        Ratio | None, Meta(description="Return on equity, a fraction; 0.15 is 15 %. For quality.")
    ] = None
    debt_to_equity: Annotated[
        Ratio | None,
        Meta(description="Debt over equity; negative says that there is no equity. For quality."),
    ] = None
    book_value_per_share: Annotated[
        BookValue | None, Meta(description="Book value of a share, in the currency of `price`. For value.")
    ] = None
    price: Annotated[Price | None, Meta(description="Price of a share today. For value.")] = None


class FactorScoreRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Assets to be compared with each other."""

    assets: Annotated[
        list[ScoredAsset],
        Meta(min_length=1, max_length=ASSETS_MAX, description="Assets, each once."),
    ]
    factors: Annotated[
        list[Factor],
        Meta(min_length=1, max_length=4, description="Factors to score, each once; all four if left out."),
    ] = msgspec.field(default_factory=lambda: list(FACTORS))
    lookback: Annotated[
        int,
        Meta(ge=1, lt=PRICES_MAX, description="Trading days that momentum and lowVol look back."),
    ] = 252

    def violations(self) -> Iterator[Violation]:
        """Yield tickers and factors that appear twice, and more prices than can be taken."""
        return gathered(
            self._named_twice(),
            self._asked_twice(),
            self._too_many_prices(),
        )

    def _named_twice(self) -> Iterator[Violation]:
        seen: set[str] = set()
        return each(lambda one, path: _repeated(one.ticker, f"{path}.ticker", seen), self.assets, "assets")

    def _asked_twice(self) -> Iterator[Violation]:
        seen: set[str] = set()
        return each(lambda one, path: _repeated(one, path, seen), self.factors, "factors")

    def _too_many_prices(self) -> Iterator[Violation]:
        cells = sum(len(one.price_history) for one in self.assets)
        if cells > CELLS_MAX:
            yield Violation(
                "assets", "too_large", f"Expected at most {CELLS_MAX} prices in all, not {cells}."
            )


def _repeated(name: str, path: str, seen: set[str]) -> Iterator[Violation]:
    if name in seen:
        yield Violation(path, "duplicate", f"{name} appears twice.")
    seen.add(name)


Scores = dict[Factor, float | None]
Ranks = dict[Factor, int | None]
Reasons = dict[Factor, Missing]


class FactorScoreAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """By ticker, the factors that were asked for."""

    scores: Annotated[
        dict[str, Scores],
        Meta(
            description="From 0 to 1, more is better: the standard normal distribution function of the z-score among "
            "the assets of the request, cut at three deviations. 0.5 is the mean; an asset alone has 0.5. Null where "
            "the factor could not be computed."
        ),
    ]
    ranks: Annotated[
        dict[str, Ranks],
        Meta(
            description="Places among the assets of the request, 1 is best; equal ones share the better place. Null "
            "where the factor could not be computed."
        ),
    ]
    values: Annotated[
        dict[str, Scores],
        Meta(
            description="What was compared. momentum: return over `lookback` days, a fraction. lowVol: volatility of "
            "those daily returns a year, a fraction, less is better. quality: mean of the z-scores of roe and of "
            "−debtToEquity. value: book value over price."
        ),
    ]
    unavailable: Annotated[
        dict[str, Reasons], Meta(description="Why figures are null, by ticker and factor.")
    ]
