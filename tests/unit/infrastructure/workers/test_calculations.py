from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from application.calculations import (
    CalculationCrashed,
    CalculationsBusy,
    CalculationTooLarge,
    CalculationTooLong,
)
from domain.errors import Conflict, DomainError, NotFound, Refused, Unavailable, Violation
from infrastructure.workers.calculations import WorkerCalculations
from infrastructure.workers.pool import WorkerPool, WorkLimits
from infrastructure.workers.refusals import error_of, refusal_of

ROOT = Path(__file__).parents[4]


class Asked(msgspec.Struct, frozen=True):
    """Any request; the unruly worker returns it as it is."""

    figure: float


@pytest.fixture
async def pool(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> AsyncIterator[WorkerPool]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    limits = getattr(request, "param", WorkLimits())
    pool = WorkerPool("tests.support.unruly_worker", limits=limits)
    await pool.start()
    yield pool
    await pool.close()


@pytest.mark.parametrize("figure", [0.1 + 0.2, 5e-324, -0.0, 1.7976931348623157e308])
async def test_floats_travel_bit_for_bit(pool: WorkerPool, figure: float) -> None:
    answer = await WorkerCalculations(pool).run("echo", Asked(figure), Asked)
    assert answer.figure.hex() == figure.hex()


@pytest.mark.parametrize(
    ("task", "error", "code"),
    [
        ("hang", CalculationTooLong, "calculation_too_long"),
        ("eat", CalculationTooLarge, "too_much_memory"),
        ("crash", CalculationCrashed, "calculation_crashed"),
    ],
)
@pytest.mark.parametrize(
    "pool", [WorkLimits(max_seconds=1, max_memory_bytes=500 * 1024 * 1024)], indirect=True
)
async def test_what_a_calculation_may_not_do_is_a_refusal_with_its_own_code(
    pool: WorkerPool, task: str, error: type[DomainError], code: str
) -> None:
    with pytest.raises(error) as refused:
        await WorkerCalculations(pool).run(task, Asked(1.0), Asked)
    assert refused.value.code == code


@pytest.mark.parametrize("pool", [WorkLimits(max_waiting=0)], indirect=True)
async def test_a_full_queue_says_when_to_come_back(pool: WorkerPool) -> None:
    with pytest.raises(CalculationsBusy) as refused:
        await WorkerCalculations(pool).run("echo", Asked(1.0), Asked)
    assert refused.value.retry_after > 0


class NoSuchThing(NotFound):
    code = "no_such_thing"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NoSuchThing("Nothing there.", field="portfolio_id"), NotFound),
        (Conflict("Not now."), Conflict),
        (
            Refused("Two.", violations=[Violation("a.0", "length", "A."), Violation(None, "b", "B.")]),
            Refused,
        ),
        (Unavailable("Away.", retry_after=7), Unavailable),
    ],
)
def test_a_refusal_arrives_as_what_it_was(error: DomainError, kind: type[DomainError]) -> None:
    refusal = refusal_of(error)
    assert refusal is not None
    arrived = error_of(refusal)
    assert isinstance(arrived, kind)
    assert (str(arrived), arrived.code, arrived.field) == (str(error), error.code, error.field)
    assert getattr(arrived, "violations", ()) == getattr(error, "violations", ())
    assert getattr(arrived, "retry_after", 1) == getattr(error, "retry_after", 1)


def test_other_errors_are_no_refusals() -> None:
    assert refusal_of(ValueError("a bug")) is None
