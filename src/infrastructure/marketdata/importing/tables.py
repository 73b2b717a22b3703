"""Rows of plain tables: each key once, compared and written by one statement."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from typing import Any, LiteralString, TypeVar

import numpy as np
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from infrastructure.imports.findings import Flaw
from infrastructure.marketdata.importing.cells import DayNumbers
from infrastructure.marketdata.importing.findings import Findings

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def each_once(keys: Sequence[K], values: Sequence[V], findings: Findings, column: str) -> dict[K, V]:
    """Return the valid rows by key; rows that contradict each other are errors, all of them."""
    places = np.flatnonzero(~findings.bad).tolist()
    found: dict[K, V] = {}
    contradicted: set[K] = set()
    repeated = 0
    for place in places:
        key, value = keys[place], values[place]
        if key in found:
            repeated += 1
            if found[key] != value:
                contradicted.add(key)
        found.setdefault(key, value)
    if contradicted:
        wrong = np.zeros(len(keys), dtype=np.bool_)
        wrong[[place for place in places if keys[place] in contradicted]] = True
        findings.error(
            wrong, column, Flaw("contradicting_rows", "Another row is about the same and says something else")
        )
        repeated = sum(1 for place in places if keys[place] not in contradicted)
        found = {key: value for key, value in found.items() if key not in contradicted}
        repeated -= len(found)
    if repeated:
        findings.warn(None, None, "repeated_rows", f"{repeated:,} rows say once more what another row says.")
    return found


def dates(days: DayNumbers, findings: Findings) -> list[date]:
    """Return days as dates; those of rows with errors mean nothing."""
    usable = np.where(findings.bad, 0, days).astype("datetime64[D]")
    return list(usable.tolist())


def valid_rows(findings: Findings) -> int:
    """Return how many rows of the arrays are without error."""
    return int(np.count_nonzero(~findings.bad))


async def upsert(
    connection: AsyncConnection[Any], statement: LiteralString, parameters: Mapping[str, Any]
) -> list[TupleRow]:
    """Run a statement that writes what differs and returns, for each row written, whether it revises."""
    cursor = await connection.execute(statement, parameters)
    return await cursor.fetchall()
