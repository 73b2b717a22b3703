"""Reading your own writes: a write answers when the read models show it, a read waits for a position."""

from typing import Final, TypeVar

from api.answers import POSITION, Answer, ApiResponse
from api.ports import Positions
from api.problems import unavailable
from api.request import ApiRequest

T = TypeVar("T")
POSITIONS: Final = "positions"
SETTLE_SECONDS: Final = "settle_seconds"


async def settled(request: ApiRequest, answer: Answer[T], position: int | None) -> ApiResponse[T]:
    """Return the answer to a write once the read models show it.

    The wait is bounded, and then the answer goes out all the same. With `Prefer: respond-async` there is no
    wait, with `Prefer: wait=N` it is at most N seconds. `position` None says that nothing was written.
    """
    await settle(request, position)
    return answer.at(position)


async def settle(request: ApiRequest, position: int | None) -> None:
    """Wait as `settled` does; for an answer that is read back from the read models."""
    if position is None:
        return
    wanted = request.preferences
    if wanted.respond_async:
        request.exchange.applied_preferences.append("respond-async")
        return
    seconds: float = request.app.state[SETTLE_SECONDS]
    if wanted.wait is not None and wanted.wait < seconds:
        seconds = wanted.wait
        request.exchange.applied_preferences.append(f"wait={wanted.wait}")
    positions: Positions = request.app.state[POSITIONS]
    await positions.wait_for(position, seconds)


async def wait_before_reading(positions: Positions, position: int, seconds: float) -> None:
    """Hold a read that asked for `Trimtab-Position`; raises Problem (503) when the read models are behind."""
    if not await positions.wait_for(position, seconds):
        raise unavailable(f"The read models do not show {POSITION} {position} yet.")
