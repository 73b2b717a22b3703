"""What the calculator of position sizes is asked and what it answers."""

from collections.abc import Iterator
from math import isinf
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from analytics.sizing.kelly import kelly_of_bets, kelly_of_returns
from domain.errors import Violation
from domain.rules import gathered

Mode = Literal["continuous", "discrete"]
Rate = Annotated[float, Meta(ge=-1_000_000, le=1_000_000)]
Share = Annotated[float, Meta(gt=0, le=1)]

REQUIRED: Final = {
    "continuous": ("expectedReturn", "variance"),
    "discrete": ("winProbability", "winLossRatio"),
}
FOREIGN: Final = {
    "continuous": REQUIRED["discrete"],
    "discrete": (*REQUIRED["continuous"], "riskFreeRate"),
}
"""By mode: the fields it needs, and those that only the other one knows."""


class SizePositionRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """An asset with its return and variance, or a bet with its odds; never both."""

    mode: Annotated[
        Mode,
        Meta(
            description="`continuous` takes expectedReturn, variance and riskFreeRate; `discrete` takes "
            "winProbability and winLossRatio."
        ),
    ] = "continuous"
    expected_return: Annotated[
        Rate | UnsetType,
        Meta(description="Expected return a year, a fraction; 0.12 is 12 %. Needed in mode `continuous`."),
    ] = UNSET
    variance: Annotated[
        Annotated[float, Meta(gt=0, le=1_000_000)] | UnsetType,
        Meta(
            description="Variance of returns a year, above 0; 0.04 is a volatility of 20 %. Needed in mode "
            "`continuous`."
        ),
    ] = UNSET
    risk_free_rate: Annotated[
        Rate | UnsetType,
        Meta(
            description="Risk-free rate a year, a fraction, which is taken off expectedReturn; 0 if left out, as where "
            "expectedReturn is an excess return already. Only in mode `continuous`."
        ),
    ] = UNSET
    win_probability: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | UnsetType,
        Meta(description="Probability of winning, from 0 to 1. Needed in mode `discrete`."),
    ] = UNSET
    win_loss_ratio: Annotated[
        Annotated[float, Meta(gt=0, le=1_000_000)] | UnsetType,
        Meta(
            description="Average win over average loss, above 0; 2 wins twice what could be lost. Needed in mode "
            "`discrete`."
        ),
    ] = UNSET
    fraction: Annotated[
        Share,
        Meta(description="What is staked of the Kelly fraction, above 0 and up to 1; 0.5 is half Kelly."),
    ] = 0.25
    max_drawdown_fraction: Annotated[
        Share, Meta(description="Most that is recommended, a fraction of capital above 0 and up to 1.")
    ] = 0.25

    def violations(self) -> Iterator[Violation]:
        """Yield what the mode needs and has not got, what only the other mode knows, and what overflows."""
        return gathered(self._missing(), self._foreign(), self._beyond_numbers())

    def kelly(self) -> float:
        """Return the Kelly fraction of a request without violations; infinite where it is beyond numbers."""
        if self.mode == "discrete":
            return kelly_of_bets(_sent(self.win_probability), _sent(self.win_loss_ratio))
        free = 0.0 if self.risk_free_rate is UNSET else _sent(self.risk_free_rate)
        return kelly_of_returns(_sent(self.expected_return), _sent(self.variance), free)

    def _missing(self) -> Iterator[Violation]:
        for name in REQUIRED[self.mode]:
            if self._of(name) is UNSET:
                yield Violation(name, "missing", f"`{name}` is required in mode `{self.mode}`.")

    def _foreign(self) -> Iterator[Violation]:
        for name in FOREIGN[self.mode]:
            if self._of(name) is not UNSET:
                yield Violation(name, "other_mode", f"`{name}` is no field of mode `{self.mode}`.")

    def _beyond_numbers(self) -> Iterator[Violation]:
        if any(self._of(name) is UNSET for name in REQUIRED[self.mode]):
            return
        if isinf(self.kelly()):
            name = REQUIRED[self.mode][1]
            yield Violation(
                name, "out_of_range", f"`{name}` is so small that the Kelly fraction is no number."
            )

    def _of(self, name: str) -> object:
        values: object = getattr(self, _ATTRIBUTES[name])
        return values


_ATTRIBUTES: Final = {field.encode_name: field.name for field in msgspec.structs.fields(SizePositionRequest)}


def _sent(value: float | UnsetType) -> float:
    assert not isinstance(value, UnsetType)
    return value


class SizePositionAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How much to stake, in fractions of capital."""

    kelly_optimal: Annotated[
        float,
        Meta(
            description="The Kelly fraction itself, before `fraction` and cap: (expectedReturn − riskFreeRate) / "
            "variance, or winProbability − (1 − winProbability) / winLossRatio. Beyond 1 it needs borrowed money; "
            "negative, the odds are against it."
        ),
    ]
    recommended: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="min(kellyOptimal · fraction, maxDrawdownFraction), and 0 where kellyOptimal is negative.",
        ),
    ]
    clamped: Annotated[bool, Meta(description="Whether the cap bound: kellyOptimal · fraction is beyond it.")]
    cap: Annotated[float, Meta(description="maxDrawdownFraction as it was applied.")]
