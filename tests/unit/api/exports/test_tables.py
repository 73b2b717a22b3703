from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.exports.cells import harmless
from api.exports.csv_text import csv_of
from api.exports.tables import table_of
from domain.risk import CorrelationMatrix


class Drift(msgspec.Struct, kw_only=True):
    weight: Decimal | None = None
    since: date | None = None


class Missing(msgspec.Struct):
    code: str


class Row(msgspec.Struct, kw_only=True):
    ticker: str
    paid: Annotated[Decimal, msgspec.Meta(description="Amount.")] = Decimal(0)
    ratio: float | None = None
    count: int = 0
    held: bool = True
    at: datetime | None = None
    tags: list[str] = []
    drift: Drift | None = None
    legs: list[Drift] = []
    unavailable: dict[str, Missing] = {}
    total: float = msgspec.field(name="return", default=0.0)


class Period(msgspec.Struct, kw_only=True):
    label: str
    rows: list[Row]


class Snapshot(msgspec.Struct, kw_only=True):
    method: str = "historical"
    rows: list[Drift] = []


class Body(msgspec.Struct, kw_only=True):
    snapshot: Snapshot | None = None
    rows: list[Row] = []
    periods: list[Period] = []
    by_name: dict[str, float] = {}
    matrix: dict[str, dict[str, float]] = {}
    summary: Drift | None = None
    figures: list[float] = []
    correlations: CorrelationMatrix | None = None
    free: Any = None
    total: int = 0


HEADER = "ticker,paid,ratio,count,held,at,tags,drift.weight,drift.since,legs,unavailable,return"


def lines_of(body: Body, path: str) -> list[str]:
    return csv_of(table_of(Body, path), body).decode().split("\r\n")


def test_columns_are_there_without_a_row() -> None:
    assert lines_of(Body(), "rows") == [HEADER, ""]


def test_a_row_is_written_exactly_and_flat() -> None:
    row = Row(
        ticker="BRK, B",
        paid=Decimal("1E+3"),
        ratio=0.1 + 0.2,
        count=-7,
        at=datetime(2026, 3, 26, 8, tzinfo=UTC),
        tags=["a", "b"],
        drift=Drift(weight=Decimal("-0.00000010"), since=date(2026, 1, 2)),
        legs=[Drift(weight=Decimal("0.5"))],
        total=-0.25,
    )
    assert lines_of(Body(rows=[row]), "rows")[1] == (
        '"BRK, B",1000,0.30000000000000004,-7,true,2026-03-26T08:00:00Z,"a; b",-0.00000010,2026-01-02,'
        '"[{""weight"":0.5,""since"":null}]",,-0.25'
    )


def test_what_cannot_be_computed_is_an_empty_cell() -> None:
    row = Row(ticker="A", ratio=float("nan"))
    assert lines_of(Body(rows=[row]), "rows")[1] == "A,0,,0,true,,,,,,,0.0"


def test_inner_items_come_with_the_plain_values_of_what_they_are_in() -> None:
    body = Body(periods=[Period(label="Q1", rows=[Row(ticker="A")]), Period(label="Q2", rows=[])])
    found = lines_of(body, "periods.rows")
    assert found[0] == f"periods.label,{HEADER}"
    assert [line.split(",")[:2] for line in found[1:-1]] == [["Q1", "A"]]


def test_what_is_there_once_is_not_repeated_in_every_row() -> None:
    body = Body(snapshot=Snapshot(rows=[Drift(weight=Decimal(1)), Drift()]))
    assert lines_of(body, "snapshot.rows") == ["weight,since", "1,", ",", ""]
    assert lines_of(Body(), "snapshot.rows") == ["weight,since", ""]


def test_names_within_names_have_a_column_of_their_own() -> None:
    class Inner(msgspec.Struct):
        kind: str
        weights: dict[str, float]

    class Outer(msgspec.Struct):
        results: dict[str, Inner]

    table = table_of(Outer, "results.weights")
    assert table.headers == ["name", "results.kind", "other", "value"]
    body = Outer({"X": Inner("one", {"A": 0.25, "B": 0.75})})
    assert [*table.rows(body)] == [["X", "one", "A", 0.25], ["X", "one", "B", 0.75]]


def test_a_correlation_matrix_is_a_row_for_each_pair() -> None:
    matrix = CorrelationMatrix(tickers=["A", "B"], values=[[1.0, 0.5], [0.5, None]])
    assert lines_of(Body(correlations=matrix), "correlations") == [
        *("ticker,other,correlation", "A,A,1.0", "A,B,0.5", "B,A,0.5", "B,B,", "")
    ]
    assert lines_of(Body(), "correlations") == ["ticker,other,correlation", ""]


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("by_name", ["name,value", "x,1.5", "y,2.0", ""]),
        ("matrix", ["name,other,value", "A,A,1.0", "A,B,0.5", ""]),
        ("summary", ["weight,since", "0.5,", ""]),
        ("figures", ["value", "1.0", "2.0", ""]),
    ],
)
def test_mappings_structs_and_series_are_tables_too(path: str, lines: list[str]) -> None:
    body = Body(
        by_name={"x": 1.5, "y": 2.0},
        matrix={"A": {"A": 1.0, "B": 0.5}},
        summary=Drift(weight=Decimal("0.5")),
        figures=[1.0, 2.0],
    )
    assert lines_of(body, path) == lines


def test_the_answer_itself_is_one_row() -> None:
    assert csv_of(table_of(Drift, "."), Drift(since=date(2026, 1, 2))) == b"weight,since\r\n,2026-01-02\r\n"


@pytest.mark.parametrize("path", ["nothing", "rows.nothing", "figures.x", "free.x"])
def test_a_path_that_leads_nowhere_is_a_mistake(path: str) -> None:
    with pytest.raises(ValueError, match="is no table"):
        table_of(Body, path)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3+cmd", "'-2+3+cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("\uff1d1", "'\uff1d1"),
        ("-5.25", "-5.25"),
        ("+1e-7", "+1e-7"),
        ("A=B", "A=B"),
        ("", ""),
    ],
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str, written: str) -> None:
    assert harmless(text) == written


def test_a_semicolon_cannot_begin_a_cell_elsewhere() -> None:
    assert lines_of(Body(rows=[Row(ticker="a;=1+1")]), "rows")[1].startswith('"a;=1+1",')


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=20), max_size=5))
def test_any_text_comes_back_from_a_csv_reader(texts: list[str]) -> None:
    import csv
    import io

    body = Body(rows=[Row(ticker=text) for text in texts])
    read = list(csv.DictReader(io.StringIO(csv_of(table_of(Body, "rows"), body).decode(), newline="")))
    assert [row["ticker"] for row in read] == [harmless(text) for text in texts]


def test_mapping_views_count_as_mappings() -> None:
    annotation = msgspec.defstruct("Answer", [("by_name", Mapping[str, int])])
    assert table_of(annotation, "by_name").headers == ["name", "value"]
