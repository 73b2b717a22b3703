"""Figures that take more than a moment are computed elsewhere: the port, and how computing itself can fail."""

from typing import Protocol, TypeVar

import msgspec

from domain.errors import Refused, Unavailable

T = TypeVar("T")


class CalculationsBusy(Unavailable):
    """More calculations wait than could be done soon."""

    code = "calculations_busy"


class CalculationTooLong(Unavailable):
    """The calculation was ended at the time limit; on a machine with less to do it might be within it."""

    code = "calculation_too_long"


class CalculationCrashed(Unavailable):
    """The process that computed ended twice without an answer."""

    code = "calculation_crashed"


class CalculationTooLarge(Refused):
    """The calculation needs more memory than one may have."""

    code = "too_much_memory"


class Calculations(Protocol):
    """Computes in a process of its own, so that no calculation can harm the service."""

    async def run(
        self,
        task: str,
        request: msgspec.Struct,
        answer: type[T],
        *,
        tenant: str = "",
        attachment: bytes = b"",
    ) -> T:
        """Return what the task `task` answers; cancelling the call ends the computation.

        tenant : whose data the task may read; empty for tasks that read none.
        attachment : the bytes of a file that belongs to the request.

        Raises
        ------
        NotFound, Conflict, Refused, Unavailable
            As the task raised them, violations included, and the subclasses of this module.
        """
        ...
