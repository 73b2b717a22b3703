import gzip
import io
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from application.market.imports import MarketLimits
from application.positions.file import FileRefused
from domain.market import Kind
from infrastructure.marketdata.importing.content import Content
from infrastructure.marketdata.importing.reading import read_content

LIMITS = MarketLimits()
CSV = b"date,ticker,close\n2024-01-02,AAPL,185.64\n2024-01-03,AAPL,184.25\n"


def read(content: bytes, kind: Kind = "prices", limits: MarketLimits = LIMITS) -> Content:
    return read_content(content, kind, limits)


def refusal_of(content: bytes, kind: Kind = "prices", limits: MarketLimits = LIMITS) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        read(content, kind, limits)
    return refused.value


def a_parquet(**columns: object) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


def test_columns_are_found_by_their_names_in_any_case_and_order() -> None:
    found = read(b"Volume;Adj Close;CLOSE;Symbol;Trade Date;Beta\n5;1.5;2;A;2024-01-02;9\n")
    assert found.headers == {
        "date": "Trade Date",
        "ticker": "Symbol",
        "close": "CLOSE",
        "adjusted_close": "Adj Close",
        "volume": "Volume",
    }
    assert found.ignored == ["Beta"]
    assert found.columns["close"].to_pylist() == [2.0]


def test_a_file_that_lacks_a_column_is_refused_with_what_it_has() -> None:
    refused = refusal_of(b"date,ticker,open\n2024-01-02,A,1\n")
    assert (refused.status, refused.code) == (422, "missing_columns")
    assert "lacks close" in refused.detail
    assert "date, ticker, open" in refused.detail


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"  \n \n", "empty"),
        (b"%PDF-1.7 nothing", "not_text"),
        (b"<html><table></table></html>", "not_text"),
        (b"PK\x03\x04workbook", "not_text"),
        (b"date,ticker,close\n\x00\x01\x02", "not_text"),
        (b"\x1f\x8bnothing packed", "broken_gzip"),
        (gzip.compress(CSV, mtime=0)[:-9], "broken_gzip"),
        (b"PAR1 nothing PAR1", "broken_parquet"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, code: str) -> None:
    assert refusal_of(content).code == code


def test_a_packed_file_is_read_and_a_bomb_is_not() -> None:
    assert len(read(gzip.compress(CSV) + gzip.compress(b"2024-01-04,AAPL,1\n")).rows) == 3
    bomb = gzip.compress(b"0" * 2_000_000)
    refused = refusal_of(bomb, limits=MarketLimits(max_unpacked_bytes=1_000_000))
    assert (refused.status, refused.code) == (413, "unpacked_too_large")


def test_limits_on_rows_and_columns_hold_for_both_formats() -> None:
    table = a_parquet(date=["2024-01-02"] * 3, ticker=["A"] * 3, close=[1.0] * 3)
    for content in (CSV + b"2024-01-04,A,1\n", table):
        assert refusal_of(content, limits=MarketLimits(max_rows=2)).code == "too_many_rows"
        assert refusal_of(content, limits=MarketLimits(max_columns=2)).code == "too_many_columns"


def test_rows_are_numbered_as_they_stand_in_the_file_whatever_is_between_them() -> None:
    found = read(b"# prices\n\ndate,ticker,close\n2024-01-02,A,1\n\n2024-01-03,A\n2024-01-04,A,3\n")
    assert found.rows.tolist() == [4, 7]
    ((row, text, flaw),) = found.lost
    assert (row, text, flaw.code) == (6, "2024-01-03,A", "wrong_width")


def test_text_in_other_encodings_is_read() -> None:
    text = "date,ticker,close\n2024-01-02,ÅKER,1\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        assert read(text.encode(encoding)).columns["ticker"].to_pylist() == ["ÅKER"], encoding


def test_a_ticker_that_reads_like_nothing_stays_a_ticker() -> None:
    assert read(b"date,ticker,close\n2024-01-02,NA,1\n2024-01-02,NULL,1\n").columns["ticker"].to_pylist() == [
        "NA",
        "NULL",
    ]


def test_parquet_is_read_with_its_types() -> None:
    content = a_parquet(
        Date=pa.array([date(2024, 1, 2), date(2024, 1, 3)]).cast(pa.timestamp("ns")),
        Ticker=pa.array(["A", "B"]).dictionary_encode(),
        Close=pa.array([Decimal("1.25"), Decimal("2.50")], pa.decimal128(10, 2)),
    )
    found = read(content)
    assert found.format == "parquet"
    assert found.columns["date"].to_pylist() == [date(2024, 1, 2), date(2024, 1, 3)]
    assert found.columns["close"].to_pylist() == [1.25, 2.5]
    assert found.columns["ticker"].to_pylist() == ["A", "B"]


def test_midnight_in_tokyo_is_that_day_and_not_the_day_before() -> None:
    midnight = datetime(2024, 1, 2, tzinfo=timezone(timedelta(hours=9)))
    found = read(
        a_parquet(date=pa.array([midnight], pa.timestamp("us", tz="+09:00")), ticker=["A"], close=[1.0])
    )
    assert found.columns["date"].to_pylist() == [date(2024, 1, 2)]


def test_parquet_with_a_column_of_lists_is_refused() -> None:
    content = a_parquet(date=["2024-01-02"], ticker=["A"], close=[[1.0]])
    assert refusal_of(content).code == "wrong_type"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("close", [True]),
        ("close", [date(2024, 1, 2)]),
        ("close", [timedelta(1)]),
        ("close", [b"1"]),
        ("close", pa.array([b"1"], pa.large_binary())),
        ("close", pa.array([b"11"], pa.binary(2))),
        ("date", pa.array([0], pa.timestamp("us", tz="Mars/Base"))),
    ],
)
def test_parquet_with_types_that_a_column_cannot_have_is_refused(name: str, values: object) -> None:
    columns = {"date": [date(2024, 1, 2)], "ticker": ["A"], "close": [1.0], name: values}
    refused = refusal_of(a_parquet(**columns))
    assert (refused.status, refused.code) == (422, "wrong_type")
    assert f"Column {name}" in refused.detail


def test_every_kind_of_text_in_parquet_is_text() -> None:
    for kind in (pa.string(), pa.large_string(), pa.string_view()):
        close = pa.array(["1.5"]).cast(kind)
        found = read(a_parquet(date=["2024-01-02"], ticker=pa.array(["A"]).cast(kind), close=close))
        assert found.columns["close"].to_pylist() == ["1.5"]


def test_a_name_that_two_columns_of_parquet_have_is_refused() -> None:
    out = io.BytesIO()
    columns = [pa.array([date(2024, 1, 2)]), pa.array(["A"]), pa.array([1.0]), pa.array([2.0])]
    parquet.write_table(pa.table(columns, names=["date", "ticker", "close", "close"]), out)
    assert refusal_of(out.getvalue()).code == "repeated_columns"


@pytest.mark.parametrize("content", [b"date,ticker,close\n", a_parquet(date=[], ticker=[], close=[])])
def test_a_header_alone_is_refused(content: bytes) -> None:
    assert refusal_of(content).code == "no_rows"


def test_a_packed_file_is_unpacked_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.marketdata.importing.reading.UNPACKED_AT_ONCE", 7)
    assert len(read(gzip.compress(CSV) + gzip.compress(b"2024-01-04,AAPL,181.91\n")).rows) == 3
    assert refusal_of(gzip.compress(CSV)[:-9]).code == "broken_gzip"


def test_exact_figures_of_parquet_are_the_shortest_decimals_that_mean_them() -> None:
    content = a_parquet(date=["2024-01-02"], source=["EUR"], target=["USD"], rate=[1.1])
    assert read(content, "fx").columns["rate"].to_pylist() == ["1.1"]
