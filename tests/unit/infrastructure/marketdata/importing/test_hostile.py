"""Whatever is sent is read or refused in words; nothing else ever comes out."""

import io
from datetime import date

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.callers import a_caller

from application.market.imports import ImportMarketData
from application.positions.file import FileRefused
from domain.errors import Refused
from domain.market import KINDS, Kind
from infrastructure.marketdata.importing.headers import COLUMNS
from infrastructure.marketdata.importing.imports import parse

CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "AAPL",
            "USD",
            "EURUSD",
            "2024-01-02",
            "03/04/2024",
            "1",
            "-1",
            "1e308",
            "nan",
            "1,5",
            "GBX",
            "split",
            "=1+1",
        ]
    ),
    st.text(max_size=12),
    st.floats().map(str),
)


def a_command(kind: Kind) -> ImportMarketData:
    return ImportMarketData(
        kind=kind,
        owner="acme",
        caller=a_caller(),
        filename="f",
        today=date(2026, 11, 20),
        benchmark="X" if kind == "constituents" else None,
        day=date(2024, 1, 2),
    )


def read(kind: Kind, content: bytes) -> None:
    try:
        parsed = parse(a_command(kind), content)
    except (FileRefused, Refused):
        return
    findings = parsed.findings
    assert len(findings.rows) == len(findings.bad)
    assert bool(findings.errors()) == bool(findings.rows_with_errors)


@pytest.mark.parametrize("kind", KINDS)
@given(rows=st.lists(st.lists(CELLS, min_size=0, max_size=11), max_size=6), quote=st.booleans())
def test_any_rows_below_the_right_header(kind: Kind, rows: list[list[str]], quote: bool) -> None:
    header = ",".join(COLUMNS[kind].words)
    shown = [[f'"{cell}"' if quote else cell for cell in row] for row in rows]
    read(kind, "\n".join([header, *(",".join(row) for row in shown)]).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("kind", KINDS)
@given(content=st.binary(max_size=200))
@example(content=b"date,ticker,close\n\xff\xfe\n")
@example(content=b"PAR1" + b"\0" * 40 + b"PAR1")
def test_any_bytes(kind: Kind, content: bytes) -> None:
    read(kind, content)


@given(
    close=st.lists(st.one_of(st.none(), st.floats(), st.integers(-(2**60), 2**60)), min_size=1, max_size=5),
    day=st.sampled_from([pa.int64(), pa.string(), pa.date64(), pa.timestamp("s"), pa.bool_(), pa.float64()]),
)
def test_any_types_of_parquet(close: list[float | None], day: pa.DataType) -> None:
    out = io.BytesIO()
    floats = [None if value is None else float(value) for value in close]
    days = pa.nulls(len(close), day)
    parquet.write_table(pa.table({"date": days, "ticker": pa.array(range(len(close))), "close": floats}), out)
    read("prices", out.getvalue())
