"""Why a figure is null: said beside it, never invented."""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

import msgspec


class Unavailable(msgspec.Struct, frozen=True, kw_only=True):
    """Why a figure cannot be told."""

    code: Annotated[
        str, msgspec.Meta(description="The reason as a code, such as `no_rate` or `not_computed`.")
    ]
    detail: Annotated[str, msgspec.Meta(description="The reason in words.")]


Reasons: TypeAlias = Annotated[
    Mapping[str, Unavailable],
    msgspec.Meta(description="Why figures of this object are null, by their names; empty when none is."),
]

NOT_COMPUTED: Final = Unavailable(
    code="not_computed", detail="This version of the service does not compute the figure."
)
NOT_YET: Final = Unavailable(
    code="not_computed", detail="The risk agent has not measured this portfolio yet; it will in a moment."
)
NOTHING_HELD: Final = Unavailable(code="no_positions", detail="Nothing is held that could be measured.")
NO_TARGETS: Final = Unavailable(
    code="no_targets", detail="There are no target allocations to compare with, or nothing of value is held."
)


def no_rate(source: str, target: str) -> Unavailable:
    """Return the reason why an amount could not be converted."""
    return Unavailable(code="no_rate", detail=f"No exchange rate from {source} to {target} is known.")
