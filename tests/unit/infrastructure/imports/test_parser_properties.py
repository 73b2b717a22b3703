import csv
import io
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from application.positions.file import FileRefused, ImportLimits, ParsedFile, failed_rows_csv
from infrastructure.imports.parser import parse_positions

LIMITS = ImportLimits()


def outcome(content: bytes) -> ParsedFile | None:
    try:
        return parse_positions(content, "file", limits=LIMITS)
    except FileRefused:
        return None


@given(st.binary(max_size=2000))
@settings(max_examples=300)
def test_no_bytes_raise_anything_but_a_refusal(content: bytes) -> None:
    outcome(content)


@given(
    st.sampled_from([b"PK\x03\x04", b"\xff\xfe", b"ticker,quantity\n", b"isin;quantity;price\n"]), st.binary()
)
def test_no_bytes_after_a_good_beginning_raise_anything_but_a_refusal(start: bytes, rest: bytes) -> None:
    outcome(start + rest)


cells = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=15) | st.sampled_from(
    [
        "AAPL",
        "1,234",
        "1.234,5",
        "--",
        "Total",
        "Cash",
        "US0378331005",
        "-5",
        "($1.50)",
        "GBX",
        "=A1",
        "Equity",
    ]
)
HEADERS = [
    "ticker",
    "quantity",
    "current_price",
    "asset_class",
    "currency",
    "isin",
    "cost basis",
    "market value",
]
RARE = [
    "LevelOfDetail",
    "Mult",
    "Value in EUR",
    "Symbol/ISIN",
    "ReportDate",
    "EndingCash",
    "Account",
    "Value",
    "",
    "Type",
]


@given(st.lists(st.lists(cells, min_size=8, max_size=8), min_size=1, max_size=12), st.sampled_from(",;\t|"))
@settings(max_examples=300)
def test_every_data_row_ends_as_position_cash_error_or_part_of_a_lot(
    rows: list[list[str]], delimiter: str
) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([HEADERS, *rows])
    parsed = outcome(out.getvalue().encode())
    if parsed is None:
        return
    lots = sum(warning.code == "lots_merged" for warning in parsed.warnings)
    told = len(parsed.positions) + len(parsed.cash) + parsed.rows_with_errors
    assert told <= parsed.rows_total
    assert told == parsed.rows_total or lots
    assert len(failed_rows_csv(parsed)) > 0


@given(
    st.lists(st.sampled_from(HEADERS + RARE), max_size=10),
    st.lists(st.lists(cells | st.sampled_from(["SUMMARY", "LOT", "Header", "Data", *HEADERS]), max_size=14)),
)
@settings(max_examples=300)
def test_rows_of_any_width_under_any_header_raise_nothing_but_a_refusal(
    more: list[str], rows: list[list[str]]
) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["Symbol", "Shares", *more], *rows])
    parsed = outcome(out.getvalue().encode())
    assert parsed is None or parsed.rows_total >= parsed.rows_with_errors


rows = st.lists(
    st.tuples(
        st.integers(0, 10**6).map(lambda number: f"T{number}"),
        st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=20).filter(str.isprintable),
        st.decimals(min_value=Decimal("-1e9"), max_value=Decimal("1e9"), places=2),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda row: row[0],
)


@given(
    rows,
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
    st.booleans(),
)
def test_a_table_survives_every_encoding_delimiter_and_convention(
    table: list[tuple[str, str, Decimal]], delimiter: str, encoding: str, comma: bool
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["ticker", "security_name", "quantity", "asset_class"])
    for ticker, name, number in table:
        writer.writerow([ticker, name, str(number).replace(".", ",") if comma else str(number), "equity"])
    parsed = outcome(out.getvalue().encode(encoding))
    assert parsed is not None
    assert [(row.ticker, row.quantity) for row in parsed.positions] == [(row[0], row[2]) for row in table]
