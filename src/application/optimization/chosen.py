"""One method's weights out of a finished job, or why there are none."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from application.optimization.answer import MethodResult
from domain.errors import Conflict, Refused, Violation


class NotCompleted(Conflict):
    """The job has not come to its end, or came to none that holds results."""

    code = "not_completed"

    def __init__(self, optimization_id: UUID, status: str, *, wanted: str = "applied") -> None:
        super().__init__(f"Optimisation {optimization_id} is {status}; only a completed one can be {wanted}.")


class MethodFailed(Conflict):
    """The method has no weights."""

    code = "method_failed"

    def __init__(self, method: str, why: str) -> None:
        super().__init__(f"{method} has no weights: {why}")


def chosen_weights(
    optimization_id: UUID,
    status: str,
    results: Mapping[str, MethodResult],
    method: str,
    *,
    asked: Iterable[str],
) -> dict[str, float]:
    """Return the weights that a method of a job came to, by asset.

    asked : the methods of the job.

    Raises
    ------
    Refused
        If the job was not asked for the method.
    NotCompleted, MethodFailed
        If the job or the method has no result.
    """
    known = list(asked)
    if method not in known:
        detail = f"The optimisation was not asked for {method}, but for {', '.join(known)}."
        raise Refused(detail, violations=(Violation("method", "not_in_job", detail),))
    if status != "completed":
        raise NotCompleted(optimization_id, status)
    result = results.get(method)
    if result is None or result.weights is None:
        raise MethodFailed(method, _why(result))
    return result.weights


def _why(result: MethodResult | None) -> str:
    error = None if result is None else result.error
    return error.detail if error else "it did not finish."
