"""What came of a method, whatever happened to the process that computed it."""

from collections.abc import Mapping
from traceback import format_exception
from typing import Any, Final

import msgspec
import structlog

from application.calculations import (
    CalculationCrashed,
    Calculations,
    CalculationTooLarge,
    CalculationTooLong,
)
from application.optimization.answer import MethodOutcome, MethodResult, MethodWork
from application.optimization.comparison import compared
from application.optimization.request import Terms
from domain.errors import DomainError, Unavailable

TASK: Final = "optimization.method"
ENDED_EARLY: Final = (CalculationTooLong, CalculationTooLarge, CalculationCrashed)
"""What costs one method, and no other."""
log = structlog.get_logger()


class NotUnderstood(Exception):
    """A job was asked for by a version with other words."""


class Computer:
    """Has methods computed, each under a limit of time and memory of its own."""

    def __init__(self, calculations: Calculations) -> None:
        self._calculations = calculations

    async def outcome_of(self, method: str, dataset: bytes, terms: Terms, tenant: str) -> dict[str, Any]:
        """Return a `MethodResult` as plain values: one that failed says why.

        Raises Unavailable where something is away for a while, which is nothing the method could be blamed for.
        """
        work = MethodWork(method=method, dataset=dataset, terms=terms)  # type: ignore[arg-type]
        try:
            outcome = await self._calculations.run(TASK, work, MethodOutcome, tenant=tenant)
        except ENDED_EARLY as error:
            return failed(error.code, str(error))
        except Unavailable:
            raise
        except DomainError as error:
            return failed(error.code, str(error))
        except Exception as failure:
            log.error("a method failed as nobody foresaw", method=method, traceback=_told(failure))
            return failed(
                "internal_server_error", "The method failed for a reason of ours. It is in our log."
            )
        plain: dict[str, Any] = msgspec.to_builtins(outcome.result)
        return plain


def _told(failure: Exception) -> str:
    return "".join(format_exception(failure))


def failed(code: str, detail: str) -> dict[str, Any]:
    """Return the outcome of a method that was not computed to its end."""
    return {"status": "failed", "error": {"code": code, "detail": detail}}


def terms_of(asked: Mapping[str, Any]) -> Terms:
    """Return what methods need of a request; raises NotUnderstood."""
    try:
        return msgspec.convert(asked, Terms)
    except msgspec.ValidationError as error:
        raise NotUnderstood(str(error)) from error


def comparison_of(outcomes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return how methods compare, as plain values."""
    results = {method: msgspec.convert(outcome, MethodResult) for method, outcome in outcomes.items()}
    plain: dict[str, Any] = msgspec.to_builtins(compared(results))
    return plain
