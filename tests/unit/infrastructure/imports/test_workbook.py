import contextlib
import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from application.positions.file import FileRefused, ImportLimits, ParsedFile

Read = Callable[..., ParsedFile]
Refusal = Callable[..., FileRefused]

HEADER = ("ticker", "security_name", "quantity", "current_price", "cusip")


def saved(workbook: Workbook) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def a_workbook(*rows: tuple[Any, ...], header: tuple[str, ...] = HEADER) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    for row in (header, *rows):
        sheet.append(row)
    return saved(workbook)


def repacked(content: bytes, changes: dict[str, bytes]) -> bytes:
    """The same workbook with some parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), *changes}:
            new.writestr(name, changes[name] if name in changes else old.read(name))
    return out.getvalue()


def with_sheet(data: bytes) -> bytes:
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = (
        b'<?xml version="1.0"?><worksheet xmlns="'
        + namespace
        + b'"><sheetData>'
        + data
        + b"</sheetData></worksheet>"
    )
    return repacked(a_workbook(), {"xl/worksheets/sheet1.xml": sheet})


def test_a_workbook_reads_like_the_same_table_in_csv(read: Read) -> None:
    parsed = read(a_workbook(("AAPL", "Apple", 3, 189.3, "037833100"), ("NA", "National Bank", 2, 98, None)))
    assert [(row.row, row.ticker, str(row.current_price)) for row in parsed.positions] == [
        (2, "AAPL", "189.3"),
        (3, "NA", "98"),
    ]
    assert (parsed.sheet, parsed.encoding, parsed.delimiter) == ("Sheet", None, None)


def test_numbers_come_without_float_noise(read: Read) -> None:
    parsed = read(a_workbook(("A", "", 0.1 + 0.2, 1234.0999999999999, None), ("B", "", 1.005, 5.0, None)))
    assert [(str(row.quantity), str(row.current_price)) for row in parsed.positions] == [
        ("0.3", "1234.1"),
        ("1.005", "5"),
    ]


def test_a_number_of_three_decimals_is_not_ambiguous_in_a_workbook(read: Read) -> None:
    assert str(read(a_workbook(("A", "", 1.234, 2, None))).positions[0].quantity) == "1.234"


def test_a_cusip_stored_as_number_gets_its_zero_back(read: Read) -> None:
    parsed = read(a_workbook(("AAPL", "", 1, 1, 37833100)))
    assert parsed.positions[0].cusip == "037833100"
    assert [warning.code for warning in parsed.warnings] == ["leading_zero_restored"]


def test_a_cusip_turned_into_scientific_notation_is_an_error_that_says_why(read: Read) -> None:
    parsed = read(a_workbook(("AAPL", "", 1, 1, 3.5906e104)))
    assert [(error.row, error.column, error.code) for error in parsed.errors] == [
        (2, "cusip", "identifier_destroyed")
    ]


def test_true_is_a_ticker_and_a_date_is_not(read: Read) -> None:
    parsed = read(a_workbook((True, "TrueCar", 1, 1, None), (date(2025, 3, 1), "March?", 1, 1, None)))
    assert [row.ticker for row in parsed.positions] == ["TRUE"]
    assert [error.code for error in parsed.errors] == ["ticker_destroyed"]


def test_a_formula_without_stored_value_is_an_error_on_its_cell(read: Read) -> None:
    parsed = read(a_workbook(("A", "", "=1+1", 1, None), ("B", "", 2, 1, None)))
    assert [(error.row, error.column, error.code) for error in parsed.errors] == [
        (2, "quantity", "formula_without_value")
    ]
    assert [row.ticker for row in parsed.positions] == ["B"]
    assert parsed.errors[0].value is None  # and not whatever marks such a cell inside
    assert parsed.failed_rows[0].cells[:4] == ["A", "", "", "1"]


def test_the_first_visible_sheet_with_a_table_is_read(read: Read) -> None:
    workbook = Workbook()
    workbook.active.append(["Report of my bank"])
    for title, state in (("Old", "hidden"), ("Now", "visible")):
        sheet = workbook.create_sheet(title)
        sheet.sheet_state = state
        sheet.append(["ticker", "quantity"])
        sheet.append([title, 1])
    content = saved(workbook)
    assert read(content).sheet == "Now"
    assert read(content, sheet="Old").positions[0].ticker == "OLD"


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(refusal: Refusal) -> None:
    refused = refusal(a_workbook(("A", "", 1, 1, None)), sheet="Positions")
    assert refused.code == "no_such_sheet"
    assert "Sheet" in refused.detail


def test_rows_keep_their_sheet_numbers_below_a_preamble_and_a_gap(read: Read) -> None:
    workbook = Workbook()
    sheet = workbook.active
    sheet["A1"] = "Positions as of 2025-03-14"
    for place, text in enumerate(("Symbol", "Shares"), start=1):
        sheet.cell(4, place, text)
    sheet["A7"], sheet["B7"] = "AAPL", 2
    parsed = read(saved(workbook))
    assert (parsed.header_row, parsed.positions[0].row, str(parsed.as_of)) == (4, 7, "2025-03-14")


def test_a_workbook_without_a_table_says_what_is_needed(refusal: Refusal) -> None:
    assert refusal(a_workbook(header=("colour", "shape"))).code == "no_table"


def test_a_cell_in_the_last_corner_is_refused_before_anything_is_read(refusal: Refusal) -> None:
    refused = refusal(with_sheet(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))
    assert (refused.status, refused.code) == (413, "cell_far_away")
    assert "XFD1048576" in refused.detail


def test_a_painted_but_empty_corner_does_no_harm(read: Read) -> None:
    rows = (
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>ticker</t></is></c><c r="B1" t="inlineStr"><is><t>quantity</t></is>'
        b'</c><c r="XFD1"/></row><row r="2"><c r="A2" t="inlineStr"><is><t>AAPL</t></is></c>'
        b'<c r="B2"><v>2</v></c></row>'
    )
    assert read(with_sheet(rows)).positions[0].ticker == "AAPL"


def test_cells_without_references_are_read_in_order(read: Read) -> None:
    rows = (
        b'<row><c t="inlineStr"><is><t>ticker</t></is></c><c t="inlineStr"><is><t>quantity</t></is></c></row>'
        b'<row><c t="inlineStr"><is><t>AAPL</t></is></c><c><v>2</v></c></row>'
    )
    assert read(with_sheet(rows)).positions[0].quantity == 2


def test_a_row_number_beyond_any_sheet_is_refused(refusal: Refusal) -> None:
    assert refusal(with_sheet(b'<row r="4000000000"><c><v>1</v></c></row>')).code == "damaged_workbook"


@pytest.mark.parametrize("claim", [b"A1:XFD1048576", b"A1"])
def test_a_claimed_dimension_is_not_believed(read: Read, claim: bytes) -> None:
    content = a_workbook(("AAPL", "", 2, 1, None))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    lying = repacked(content, {"xl/worksheets/sheet1.xml": sheet.replace(b"A1:E2", claim)})
    assert lying != content
    assert len(read(lying).positions) == 1


@pytest.mark.parametrize(
    "part",
    ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml", "x.rels"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_any_part_and_encoding(refusal: Refusal, part: str, encoding: str) -> None:
    evil = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'.encode(
        encoding
    )
    refused = refusal(repacked(a_workbook(("A", "", 1, 1, None)), {part: evil}))
    assert (refused.status, refused.code) == (422, "forbidden_xml")


def test_a_declaration_across_a_seam_of_the_stream_is_found(refusal: Refusal) -> None:
    evil = b"<x>" + b" " * (256 * 1024 - 8) + b"<!DOCTYPE x>"
    assert refusal(repacked(a_workbook(), {"xl/theme/theme1.xml": evil})).code == "forbidden_xml"


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/media/image1.png"])
def test_a_bomb_is_refused_while_it_unpacks(refusal: Refusal, part: str) -> None:
    refused = refusal(repacked(a_workbook(), {part: bytes(40 * 1024 * 1024)}))
    assert (refused.status, refused.code) == (413, "workbook_too_large")


def test_a_declared_size_that_lies_does_not_help_a_bomb(refusal: Refusal) -> None:
    content = bytearray(repacked(a_workbook(), {"xl/media/a.bin": bytes(40 * 1024 * 1024)}))
    size = (40 * 1024 * 1024).to_bytes(4, "little")
    assert size in content
    refused = refusal(bytes(content).replace(size, (1000).to_bytes(4, "little")))
    assert refused.code in ("workbook_too_large", "damaged_workbook")


def test_more_unpacked_bytes_than_allowed_are_refused(refusal: Refusal) -> None:
    limits = ImportLimits(max_unpacked_bytes=2000)
    assert refusal(a_workbook(("A", "", 1, 1, None)), limits=limits).code == "workbook_too_large"


@pytest.mark.parametrize(
    ("limits", "code"),
    [(ImportLimits(max_rows=5), "too_many_rows"), (ImportLimits(max_cells=20), "too_many_cells")],
)
def test_a_workbook_has_the_limits_of_a_table(refusal: Refusal, limits: ImportLimits, code: str) -> None:
    rows = [("A", "", number, 1, None) for number in range(60)]
    refused = refusal(a_workbook(*rows), limits=limits)
    assert (refused.status, refused.code) == (413, code)


@pytest.mark.parametrize(
    ("names", "words"),
    [(("word/document.xml",), "Word"), (("content.xml",), "OpenDocument"), (("data.csv",), "zip archive")],
)
def test_another_kind_of_zip_is_named(refusal: Refusal, names: tuple[str, ...], words: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    refused = refusal(out.getvalue())
    assert refused.code == "not_a_workbook"
    assert words in refused.detail


def test_a_workbook_cut_off_at_any_length_is_refused(refusal: Refusal) -> None:
    content = a_workbook(("A", "", 1, 1, None))
    for length in range(4, len(content) - 1, 397):
        assert refusal(content[:length]).status == 422


def test_one_wrong_byte_never_escapes_as_another_exception(read: Read) -> None:
    content = a_workbook(("A", "", 1, 1, None))
    for place in range(4, len(content), 131):
        broken = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        with contextlib.suppress(FileRefused):
            assert len(read(broken).positions) <= 1


def test_narrow_rows_stay_narrow(read: Read) -> None:
    parsed = read(
        a_workbook(*[(f"T{n}", "", 1, 1, None) for n in range(30)]), limits=ImportLimits(max_cells=200)
    )
    assert len(parsed.positions) == 30
