"""Figures, or why there can be none."""

from collections.abc import Awaitable

import msgspec

from domain.analysis import Found
from domain.errors import Refused
from domain.unavailable import Missing


async def found(figures: Awaitable[msgspec.Struct], *, source_position: int, market_version: int) -> Found:
    """Return what a computation finds; a refusal, such as for want of a benchmark, is an answer too."""
    snapshot, refusal = None, None
    try:
        snapshot = msgspec.to_builtins(await figures)
    except Refused as why:
        refusal = Missing(code=why.violations[0].code, detail=str(why))
    return Found(
        source_position=source_position, market_version=market_version, snapshot=snapshot, refusal=refusal
    )
