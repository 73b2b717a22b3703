import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from application.positions.file import ColumnMapping, FileRefused, ImportLimits
from infrastructure.imports.parser import parse_positions
from infrastructure.imports.pool import FileParser

TABLE = b"ticker,quantity,avg_cost_price\nAAPL,3,142.35\nBAD,x,1\nCASH,10,\n"


@pytest.fixture
async def parser() -> AsyncIterator[FileParser]:
    parser = FileParser()
    await parser.start()
    yield parser
    await parser.close()


def pid_of(parser: FileParser) -> int:
    [pid] = parser.pids
    return pid


async def test_a_file_read_in_a_process_is_the_file_read_here(parser: FileParser) -> None:
    there = await parser.parse(TABLE, "positions.csv", None)
    assert there == parse_positions(TABLE, "positions.csv", limits=ImportLimits())


async def test_refusals_and_mappings_travel(parser: FileParser) -> None:
    with pytest.raises(FileRefused) as refused:
        await parser.parse(b"Osake,Osuus\nNOKIA,5\n", "positions.csv", None)
    assert (refused.value.status, refused.value.code) == (422, "no_table")
    mapping = ColumnMapping(columns={"ticker": "Osake", "quantity": "Osuus"})
    assert (await parser.parse(b"Osake,Osuus\nNOKIA,5\n", "positions.csv", mapping)).positions[
        0
    ].quantity == 5


async def test_the_process_stays_warm(parser: FileParser) -> None:
    await parser.parse(TABLE, "a.csv", None)
    first = pid_of(parser)
    await parser.parse(TABLE, "b.csv", None)
    assert pid_of(parser) == first


async def test_a_process_killed_while_idle_is_replaced_unnoticed(parser: FileParser) -> None:
    await parser.parse(TABLE, "a.csv", None)
    first = pid_of(parser)
    os.kill(first, signal.SIGKILL)
    assert len((await parser.parse(TABLE, "b.csv", None)).positions) == 1
    assert pid_of(parser) != first


async def test_a_file_that_takes_too_long_is_refused() -> None:
    parser = FileParser(ImportLimits(max_seconds=0.0001))
    await parser.start()
    try:
        with pytest.raises(FileRefused) as refused:
            await parser.parse(b"ticker,quantity\n" + b"A,1\n" * 50_000, "slow.csv", None)
        assert (refused.value.status, refused.value.code) == (413, "too_slow")
    finally:
        await parser.close()


async def test_a_file_that_needs_too_much_memory_is_refused_and_the_next_one_is_read() -> None:
    parser = FileParser(ImportLimits(max_memory_bytes=400 * 1024 * 1024))
    await parser.start()
    wide = b"ticker,quantity" + b",x" * 180 + b"\n" + (b"A,1" + b",y1" * 180 + b"\n") * 25_000
    try:
        with pytest.raises(FileRefused) as refused:
            await parser.parse(wide, "wide.csv", None)
        assert (refused.value.status, refused.value.code) == (413, "too_much_memory")
        assert len((await parser.parse(TABLE, "next.csv", None)).positions) == 1
    finally:
        await parser.close()


async def test_a_caller_that_goes_away_leaves_a_usable_pool(parser: FileParser) -> None:
    large = b"ticker,quantity\n" + b"A,1\n" * 100_000
    await parser.parse(TABLE, "warm.csv", None)
    caller = asyncio.create_task(parser.parse(large, "large.csv", None))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert len((await parser.parse(TABLE, "next.csv", None)).positions) == 1


async def test_files_wait_their_turn(parser: FileParser) -> None:
    parsed = await asyncio.gather(*(parser.parse(TABLE, f"{n}.csv", None) for n in range(5)))
    assert [len(one.positions) for one in parsed] == [1] * 5
