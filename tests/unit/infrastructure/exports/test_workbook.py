from io import BytesIO
from zipfile import ZipFile

from openpyxl import load_workbook  # type: ignore[import-untyped]

from application.workbooks import Sheet, WorkbookRequest
from infrastructure.exports.workbook import write

SHEET = Sheet(
    name="positions",
    headers=["ticker", "value", "day", "at", "held"],
    kinds=["text", "number", "date", "time", "flag"],
    rows=[
        ["=HYPERLINK(1)", "0.30000000000000004", "2026-01-02", "2026-01-02T03:04:05Z", True],
        ["-5", "-17584.00", None, None, None],
        ["\x0bbell", None, None, None, False],
    ],
)


def opened(*sheets: Sheet) -> tuple[object, bytes]:
    content = write(WorkbookRequest(sheets=list(sheets))).content
    return load_workbook(BytesIO(content)), content


def test_numbers_are_numbers_and_dates_are_dates() -> None:
    book, content = opened(SHEET)
    rows = [[cell.value for cell in row] for row in book.active.iter_rows(min_row=2)]  # type: ignore[attr-defined]
    assert rows[0][1:2] + rows[0][4:] == [0.30000000000000004, True]
    assert [moment.isoformat() for moment in rows[0][2:4]] == ["2026-01-02T00:00:00", "2026-01-02T03:04:05"]
    assert rows[1] == ["-5", -17584, None, None, None]
    assert b"<v>0.30000000000000004</v>" in ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml")


def test_text_is_text_even_where_it_looks_like_a_formula() -> None:
    book, content = opened(SHEET)
    cell = book.active["A2"]  # type: ignore[attr-defined]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=HYPERLINK(1)", "s", True)
    assert b"<f>" not in ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml")


def test_characters_that_no_workbook_can_hold_are_replaced() -> None:
    book, _ = opened(SHEET)
    assert book.active["A4"].value == "\ufffdbell"  # type: ignore[attr-defined]


def test_the_header_stays_in_view() -> None:
    book, _ = opened(SHEET)
    assert book.active.freeze_panes == "A2"  # type: ignore[attr-defined]
    assert [cell.font.b for cell in book.active[1]] == [True] * 5  # type: ignore[attr-defined]


def test_every_table_is_a_sheet_with_a_name_that_excel_takes() -> None:
    other = Sheet(name="a/very:long*name[of a table] that goes on", headers=["x"], kinds=["text"], rows=[])
    book, _ = opened(SHEET, other)
    assert book.sheetnames == ["positions", "a-very-long-name-of a table- th"]  # type: ignore[attr-defined]
