"""The `Calculations` port on a pool of worker processes."""

from typing import Final, TypeVar

import msgspec

from application.calculations import (
    CalculationCrashed,
    CalculationsBusy,
    CalculationTooLarge,
    CalculationTooLong,
)
from infrastructure.workers.pool import (
    Overloaded,
    TooMuchMemory,
    TooSlow,
    WorkerPool,
    WorkRefused,
)
from infrastructure.workers.process import Crashed
from infrastructure.workers.refusals import error_of

T = TypeVar("T")
BUSY_RETRY_SECONDS: Final = 5
_BYTES_PER_MB: Final = 1_000_000


class WorkerCalculations:
    """Sends requests to the pool's processes and decodes what they answer."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def run(
        self,
        task: str,
        request: msgspec.Struct,
        answer: type[T],
        *,
        tenant: str = "",
        attachment: bytes = b"",
    ) -> T:
        """Return what the task answers; see `Calculations`."""
        content = msgspec.msgpack.encode(request)
        try:
            answered = await self._pool.ask(task, content, tenant=tenant, attachment=attachment)
        except WorkRefused as refused:
            raise error_of(refused.refusal) from None
        except Overloaded:
            raise CalculationsBusy(
                "Too many calculations are waiting already. Try again shortly.",
                retry_after=BUSY_RETRY_SECONDS,
            ) from None
        except TooSlow:
            raise self._too_long() from None
        except TooMuchMemory:
            raise self._too_large() from None
        except Crashed:
            raise CalculationCrashed(
                "The process that computes ended twice without an answer.", retry_after=BUSY_RETRY_SECONDS
            ) from None
        return msgspec.msgpack.decode(answered, type=answer)

    def _too_long(self) -> CalculationTooLong:
        seconds = self._pool.limits.max_seconds
        return CalculationTooLong(
            f"The calculation took longer than {seconds:g} s and was ended. Send fewer figures, or try again later.",
            retry_after=max(1, round(seconds)),
        )

    def _too_large(self) -> CalculationTooLarge:
        limit = self._pool.limits.max_memory_bytes // _BYTES_PER_MB
        return CalculationTooLarge(
            f"The calculation needs more than the {limit:,} MB of memory it may have. Send fewer figures."
        )
