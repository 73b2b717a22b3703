from collections.abc import Callable
from datetime import date
from time import process_time

import pytest

from application.positions.file import FileRefused, ImportLimits, ParsedFile

Read = Callable[..., ParsedFile]
Refusal = Callable[..., FileRefused]


def test_headers_are_known_whatever_their_case_and_spacing(read: Read) -> None:
    parsed = read("TICKER, Avg Cost-Price ,QUANTITY,ignored\nAAPL,10.5,3,x\n")
    assert parsed.columns == {"ticker": "TICKER", "avg_cost_price": "Avg Cost-Price", "quantity": "QUANTITY"}


def test_rows_are_numbered_by_the_line_they_begin_on(read: Read) -> None:
    parsed = read('ticker,security_name,quantity\nA,"two\nlines",1\nB,one,2\n\nC,"x",bad\n')
    assert [row.row for row in parsed.positions] == [2, 4]
    assert [error.row for error in parsed.errors] == [6]


def test_the_mapping_of_the_client_wins(read: Read) -> None:
    parsed = read("Symbol,Quantity,Held\nAAPL,1,20\n", quantity="held")
    assert (parsed.positions[0].quantity, parsed.columns["quantity"]) == (20, "Held")


def test_a_header_in_no_known_language_is_read_by_mapping(read: Read) -> None:
    parsed = read("Osake;Määrä\nNOKIA;12,5\n", ticker="Osake", quantity="Määrä")
    assert (parsed.positions[0].ticker, str(parsed.positions[0].quantity)) == ("NOKIA", "12.5")


def test_a_mapping_to_a_missing_header_is_refused(refusal: Refusal) -> None:
    refused = refusal("ticker,quantity\nA,1\n", sector="Branch")
    assert (refused.status, refused.code) == (422, "bad_mapping")
    assert "ticker, quantity" in refused.detail


def test_a_mapping_to_a_missing_header_is_refused_even_where_the_column_is_known(refusal: Refusal) -> None:
    refused = refusal("ticker,quantity\nA,1\n", quantity="Held")
    assert (refused.code, "'Held' for quantity" in refused.detail) == ("bad_mapping", True)


def test_an_unknown_name_in_the_mapping_is_refused(refusal: Refusal) -> None:
    assert refusal("ticker,quantity\nA,1\n", colour="Farbe").code == "bad_mapping"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_delimiter_and_encoding_is_found(read: Read, delimiter: str, encoding: str) -> None:
    lines = ["ticker,security_name,quantity,current_price", "MC,Société LVMH,3,650.25", "SAP,SAP SE,2,243.5"]
    parsed = read("\n".join(lines).replace(",", delimiter).encode(encoding))
    assert [row.security_name for row in parsed.positions] == ["Société LVMH", "SAP SE"]
    assert [str(row.current_price) for row in parsed.positions] == ["650.25", "243.5"]


def test_the_delimiter_hint_of_excel_is_followed(read: Read) -> None:
    parsed = read("sep=|\nticker|quantity\nA|1\n")
    assert (parsed.delimiter, parsed.header_row, parsed.positions[0].row) == ("|", 2, 3)


def test_without_a_header_the_refusal_says_what_is_needed_and_what_was_seen(refusal: Refusal) -> None:
    refused = refusal("colour,shape\nred,round\n")
    assert (refused.status, refused.code) == (422, "no_table")
    assert "quantity" in refused.detail
    assert "colour, shape" in refused.detail


def test_a_header_below_line_fifty_is_not_found(read: Read, refusal: Refusal) -> None:
    table = "ticker,quantity\nA,1\n"
    assert read("note\n" * 49 + table).header_row == 50
    assert refusal("note\n" * 50 + table).code == "no_table"


def test_a_list_of_transactions_is_named_as_such(refusal: Refusal) -> None:
    refused = refusal("Trade Date,Action,Symbol,Quantity,Price\n2025-01-02,Buy,AAPL,1,200\n")
    assert refused.code == "transactions_not_positions"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n , \n", "empty_file"),
        (b"ticker,quantity\n", "no_rows"),
        (b"ticker,quantity\nA\0,1\n", "not_text"),
        (b"ticker,quantity\n\x01A,1\n", "not_text"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 8, "not_text"),
        (b"%PDF-1.7\n%\xe2\xe3", "not_text"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "not_text"),
        (b"<?xml version='1.0'?><FlexQueryResponse/>", "not_text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old_or_protected_workbook"),
        (b'ticker,quantity\n"A,1\nB,2\n', "broken_quotes"),
        (b"\xff\xfet", "not_text"),
        (b"PK\x03\x04 not really", "damaged_workbook"),
    ],
)
def test_what_is_no_table_is_refused_in_words(refusal: Refusal, content: bytes, code: str) -> None:
    refused = refusal(content)
    assert (refused.status, refused.code) == (422, code)
    assert refused.detail.endswith(".")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (ImportLimits(max_bytes=10), "file_too_large"),
        (ImportLimits(max_rows=2), "too_many_rows"),
        (ImportLimits(max_columns=2), "too_many_columns"),
        (ImportLimits(max_cells=5), "too_many_cells"),
        (ImportLimits(max_field_bytes=4), "field_too_large"),
    ],
)
def test_each_limit_is_a_413(refusal: Refusal, limits: ImportLimits, code: str) -> None:
    refused = refusal("ticker,quantity,sector\n" + "AAA,1,technology\n" * 4, limits=limits)
    assert (refused.status, refused.code) == (413, code)


def test_totals_footers_and_blanks_are_skipped_with_their_reason(read: Read) -> None:
    parsed = read(
        "ticker,security_name,quantity\n"
        "TTE,TotalEnergies SE,1\n"
        ",,\n"
        "AAPL,Apple,2\n"
        "Total,,3\n"
        "\n"
        '"Prices are delayed, and figures are without warranty of any kind."\n'
    )
    assert [row.ticker for row in parsed.positions] == ["TTE", "AAPL"]
    assert [(row.row, row.reason) for row in parsed.skipped] == [(3, "blank"), (5, "total"), (7, "footer")]
    assert (parsed.rows_total, parsed.rows_skipped) == (2, 3)


def test_prose_that_falls_apart_at_its_commas_is_a_footer(read: Read) -> None:
    parsed = read(
        "ticker,quantity\nA,1\n\nThe information in this file is provided to you by us,solely for your use\n"
    )
    assert [row.reason for row in parsed.skipped] == ["footer"]
    assert parsed.errors == []


def test_a_row_with_more_values_than_headers_is_an_error(read: Read) -> None:
    parsed = read("ticker,quantity\nA,1\nB,1,234\n")
    assert [(error.row, error.code) for error in parsed.errors] == [(3, "too_many_values")]
    assert [row.ticker for row in parsed.positions] == ["A"]


@pytest.mark.parametrize(
    ("title", "day"),
    [
        ("Positions as of 2025/03/14", date(2025, 3, 14)),
        ("Positions as of Mar-14-2025", date(2025, 3, 14)),
        ("Stand: 14.03.2025", date(2025, 3, 14)),
        ("As of March 14, 2025", date(2025, 3, 14)),
        ("As of 03/04/2025", None),
        ("As of 03/14/2025", date(2025, 3, 14)),
        ("No date at all", None),
    ],
)
def test_the_date_of_the_title_is_read_unless_it_is_unclear(read: Read, title: str, day: date | None) -> None:
    assert read(f'"{title}"\nticker,quantity\nA,1\n').as_of == day


@pytest.mark.parametrize(
    "hostile", ["1" + " " * 60_000 + "!", "total" + " " * 60_000 + "abcd", "*" + " *" * 30_000 + "x"]
)
def test_long_cells_cost_no_more_than_their_length(read: Read, hostile: str) -> None:
    table = "".join(f"ticker,quantity\nA,1\n{hostile},2\nB,{hostile}\n" for _ in range(20))
    started = process_time()
    read(table)
    assert process_time() - started < 2


def test_a_word_that_is_no_country_is_told_once_for_all_its_rows(read: Read) -> None:
    parsed = read("ticker,quantity,region\nA,1,Emerging Markets\nB,1,Emerging Markets\nC,1,USA\n")
    assert [row.geography for row in parsed.positions] == [None, None, "US"]
    assert [(warning.row, warning.message) for warning in parsed.warnings] == [
        (None, "'Emerging Markets' is no country and was left out in rows 2 and 3.")
    ]


def test_a_subtotal_of_any_group_is_no_position(read: Read) -> None:
    parsed = read("symbol,quantity,value\nAAPL,1,200\nSubtotal US Equities,,200\nTotally Bond Fund,3,30\n")
    assert [row.ticker for row in parsed.positions] == ["AAPL", "TOTALLY BOND FUND"]
    assert (parsed.errors, [row.reason for row in parsed.skipped]) == ([], ["total"])


def test_a_security_named_total_is_a_security(read: Read) -> None:
    parsed = read("ticker,security_name,isin,quantity\nTTE,TOTAL,,1\n,Total,FR0000120271,2\nTotal,,,3\n")
    assert [row.quantity for row in parsed.positions] == [1, 2]


@pytest.mark.parametrize(
    "header", ["Stock Ticker,Quantity Held,Average Cost/Share", "TICKER,Quantity,avg_cost/share"]
)
def test_further_words_for_known_columns_are_understood(read: Read, header: str) -> None:
    (row,) = read(f"{header}\nA,2,7\n").positions
    assert (row.ticker, row.quantity, row.avg_cost_price) == ("A", 2, 7)
