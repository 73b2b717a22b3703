import io
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from application.market.imports import MarketLimits
from infrastructure.marketdata.importing.findings import Findings
from infrastructure.marketdata.importing.prices import Key, Prices, read_prices
from infrastructure.marketdata.importing.reading import read_content

TODAY = date(2026, 11, 20)
HEADER = "date,ticker,exchange,currency,open,high,low,close,adjusted_close,volume\n"


def read(text: str) -> tuple[Prices, Findings]:
    return of_content(text.encode())


def of_content(sent: bytes) -> tuple[Prices, Findings]:
    content = read_content(sent, "prices", MarketLimits())
    findings = Findings(content.rows)
    return read_prices(content, findings, TODAY), findings


def of_row(row: str) -> list[tuple[int, str | None, str]]:
    _, findings = read(HEADER + row + "\n")
    return [(issue.row, issue.column, issue.code) for issue in findings.errors()]


def test_a_full_row_is_read() -> None:
    prices, findings = read(
        HEADER + "2024-01-02, aapl ,NASDAQ,usd,187.15,188.44,183.89,185.64,184.9,82488700\n"
    )
    assert findings.rows_with_errors == 0
    assert prices.keys == [Key("AAPL", "XNAS", "USD")]
    assert {name: values.tolist() for name, values in prices.fields.items()} == {
        "open": [187.15],
        "high": [188.44],
        "low": [183.89],
        "close": [185.64],
        "adjusted_close": [184.9],
        "volume": [82488700.0],
    }


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",A,,,1,1,1,1,1,1", "date", "missing"),
        ("2024-02-30,A,,,1,1,1,1,1,1", "date", "invalid_date"),
        ("2026-11-21,A,,,1,1,1,1,1,1", "date", "future_date"),
        ("1899-12-31,A,,,1,1,1,1,1,1", "date", "out_of_range"),
        ("2024-01-02,,,,1,1,1,1,1,1", "ticker", "missing"),
        ("2024-01-02,A,,XXQ,1,1,1,1,1,1", "currency", "unknown_currency"),
        ("2024-01-02,A,,,1,1,1,,1,1", "close", "missing"),
        ("2024-01-02,A,,,1,1,1,0,1,1", "close", "not_positive"),
        ("2024-01-02,A,,,1,1,1,-5,1,1", "close", "not_positive"),
        ("2024-01-02,A,,,1,1,1,nan,1,1", "close", "missing"),
        ("2024-01-02,A,,,1,1,1,inf,1,1", "close", "not_finite"),
        ("2024-01-02,A,,,1,1,1,1e999,1,1", "close", "not_finite"),
        ("2024-01-02,A,,,1,1,1,abc,1,1", "close", "invalid_number"),
        ("2024-01-02,A,,,1,1,1,1e300,1,1", "close", "out_of_range"),
        ("2024-01-02,A,,,1,1,1,1e-300,1,1", "close", "out_of_range"),
        ("2024-01-02,A,,,1,1,1,1,1,1e300", "volume", "out_of_range"),
        ("2024-01-02,A,,,-1,1,1,1,1,1", "open", "not_positive"),
        ("2024-01-02,A,,,1,1,1,1,0,1", "adjusted_close", "not_positive"),
        ("2024-01-02,A,,,1,1,2,1.5,1,1", "high", "high_below_low"),
        ("2024-01-02,A,,,1,1,1,1,1,-1", "volume", "negative_volume"),
    ],
)
def test_what_cannot_be_a_price_is_left_out_and_named(row: str, column: str, code: str) -> None:
    assert of_row(row) == [(2, column, code)]


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    _, findings = read("date,ticker,close\nx,A,1\n2024-01-02,,1\n2024-01-03,A,-1\n2024-01-04,A,1\n")
    assert [(issue.row, issue.column) for issue in findings.errors()] == [
        (2, "date"),
        (3, "ticker"),
        (4, "close"),
    ]
    assert findings.rows_with_errors == 3


def test_a_price_of_zero_stands_for_unknown_but_a_volume_of_zero_for_no_trade() -> None:
    prices, findings = read(HEADER + "2024-01-02,A,,,0,2,1,1.5,,0\n")
    assert np.isnan(prices.fields["open"][0])
    assert prices.fields["volume"].tolist() == [0.0]
    assert [warning.code for warning in findings.warnings] == ["zero_price"]


def test_a_close_outside_the_range_of_the_day_is_doubtful_only() -> None:
    prices, findings = read(HEADER + "2024-01-02,A,,,1,2,1,2.5,,\n")
    assert len(prices.rows) == 1
    assert [(warning.row, warning.code) for warning in findings.warnings] == [(2, "close_outside_range")]


def test_pence_become_pounds() -> None:
    prices, findings = read(HEADER + "2024-01-02,VOD,LSE,GBX,66,67,65,66.3,,100\n")
    assert prices.keys == [Key("VOD", "XLON", "GBP")]
    assert (prices.fields["close"].tolist(), prices.fields["volume"].tolist()) == ([0.663], [100.0])
    assert [warning.code for warning in findings.warnings] == ["minor_unit"]


def test_decimal_commas_are_decided_for_the_column() -> None:
    prices, findings = read(
        "date;ticker;close;volume\n02.01.2024;SAP;1.134,50;1.200.000\n03.01.2024;SAP;134,5;5\n"
    )
    assert findings.errors() == []
    assert prices.fields["close"].tolist() == [1134.5, 134.5]
    assert prices.fields["volume"].tolist() == [1_200_000.0, 5.0]


def test_a_column_that_does_not_tell_follows_the_others_of_its_file() -> None:
    prices, findings = read("date;ticker;open;close;volume\n02.01.2024;SAP;12,345;12,50;1.234\n")
    assert findings.errors() == []
    assert {name: values.tolist() for name, values in prices.fields.items()} == {
        "open": [12.345],
        "close": [12.5],
        "volume": [1234.0],
    }


def test_a_figure_that_may_be_a_thousand_times_another_is_not_guessed() -> None:
    prices, findings = read('date,ticker,close\n2024-01-02,A,"12,345"\n2024-01-03,A,12\n')
    assert [(issue.row, issue.code) for issue in findings.errors()] == [(2, "ambiguous_number")]
    assert "mapping" not in findings.errors()[0].message
    assert prices.fields["close"].tolist() == [12.0]


def test_what_parquet_leaves_out_is_missing() -> None:
    out = io.BytesIO()
    days = pa.array([1, None, -(2**31) + 1], pa.int32()).cast(pa.date32())
    parquet.write_table(pa.table({"date": days, "ticker": ["A", "B", "C"], "close": [1.0, 2.0, 3.0]}), out)
    _, findings = of_content(out.getvalue())
    assert [(issue.row, issue.code) for issue in findings.errors()] == [(2, "missing"), (3, "out_of_range")]
    out = io.BytesIO()
    parquet.write_table(
        pa.table({"date": days[:1], "ticker": pa.array([None], pa.string()), "close": [1.0]}), out
    )
    _, findings = of_content(out.getvalue())
    assert [(issue.column, issue.code) for issue in findings.errors()] == [("ticker", "missing")]


def test_a_formula_is_text_and_no_ticker_of_it_runs_anywhere() -> None:
    prices, _ = read("date,ticker,close\n2024-01-02,\"=cmd|' /C calc'!A0\",1\n")
    assert prices.keys[0].ticker.startswith("=CMD")


def test_a_million_bad_rows_are_counted_and_a_thousand_listed() -> None:
    rows = "".join(f"2024-01-02,T{number},x\n" for number in range(5000))
    _, findings = read("date,ticker,close\n" + rows)
    assert findings.rows_with_errors == 5000
    assert [issue.row for issue in findings.errors()] == list(range(2, 1002))
