"""The real calculator process, without a database."""

import msgspec
import pytest

from infrastructure.workers.calculations import WorkerCalculations
from infrastructure.workers.pool import WorkerPool, WorkFailed, WorkLimits


class Nothing(msgspec.Struct, frozen=True):
    """A request without content."""


async def test_a_calculator_starts_within_its_memory_and_without_a_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TRIMTAB_DATABASE_URL", raising=False)
    monkeypatch.delenv("TRIMTAB_API_DATABASE_URL", raising=False)
    pool = WorkerPool("bootstrap.calculator", limits=WorkLimits(max_memory_bytes=600 * 1024**2))
    await pool.start()
    try:
        with pytest.raises(WorkFailed, match="KeyError: 'no such task'"):
            await WorkerCalculations(pool).run("no such task", Nothing(), Nothing)
    finally:
        await pool.close()
