"""From a use case to the answer: remembered with its events, and given when the read models show them."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from api.answers import Answer, ApiResponse
from api.request import ApiRequest
from api.settling import settled
from application.idempotency import KeyedAnswer
from application.ledger import Done, Remember

T = TypeVar("T")
R = TypeVar("R")


async def recorded(
    request: ApiRequest, run: Callable[[Remember[T]], Awaitable[Done[T]]], shape: Callable[[T], Answer[R]]
) -> ApiResponse[R]:
    """Run a use case and answer what `shape` makes of its result.

    With an Idempotency-Key the same answer is stored in the transaction of the events, so `shape` looks at
    nothing but the result.
    """

    def remember(result: T) -> KeyedAnswer | None:
        return shape(result).keyed(request) if request.idempotency is not None else None

    done = await run(remember)
    return await settled(request, shape(done.result), done.position)
