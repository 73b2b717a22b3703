"""What a workbook must not be, found out before any reader opens it.

An .xlsx file is a zip of XML. A few kilobytes can unpack to gigabytes, claim billions of cells, or define
entities that multiply. Everything is unpacked once as a stream and counted, because declared sizes may lie;
nothing is kept.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from application.positions.file import FileRefused, ImportLimits

_CHUNK = 256 * 1024
_OVERLAP = 256
_MOST_PARTS = 4000
_RATIO, _RATIO_FROM = 150, 8 * 1024 * 1024
_MARKUP = (".xml", ".rels", ".vml")
_FORBIDDEN = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = re.compile(rb"<(?:[A-Za-z]+:)?c[\s>/]")
_ROW_NUMBER = re.compile(rb"<(?:[A-Za-z]+:)?row\b[^>]{0,200}?\br=[\"']([0-9]{7,})[\"']")
# Cells far to the right or below that hold something: `<c r="XFD1048576" s="1"/>` is only paint.
_FAR_CELL = re.compile(
    rb"<(?:[A-Za-z]+:)?c\b[^>]{0,200}?\br=[\"']([A-Z]{1,3})([0-9]{1,10})[\"'](?:[^>]{0,200}[^/>])?>"
)
_FAR_HINT = re.compile(rb"r=[\"'](?:[A-Z]{3,}|[G-Z][A-Z]|[A-Z]{1,2}[0-9]{6,})")
_FORMULA = re.compile(rb"<(?:[A-Za-z]+:)?f[\s>/]")
_LAST_ROW = 1_048_576
_KINDS = (
    ("xl/workbook.bin", "a binary workbook (.xlsb)"),
    ("content.xml", "an OpenDocument file"),
    ("word/document.xml", "a Word document"),
    ("ppt/presentation.xml", "a presentation"),
    ("Index/Document.iwa", "a Numbers or Pages document"),
)


def guard_workbook(content: bytes, limits: ImportLimits) -> bool:
    """Refuse dangerous workbooks; answer whether any sheet holds formulas.

    Raises
    ------
    FileRefused
        413 for bombs and for cells beyond the limits, 422 for a damaged or protected file, another kind of
        zip, or a document type declaration.
    """
    archive = _opened(content)
    parts = archive.infolist()
    _check_directory(parts)
    counter = _Counter(len(content), limits)
    try:
        for part in parts:
            counter.read(archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        raise damaged() from None
    return counter.formulas


def damaged() -> FileRefused:
    """Build the refusal of a workbook that no program could open."""
    return FileRefused(
        422,
        "damaged_workbook",
        "The workbook is damaged. Open it in a spreadsheet program and save it again.",
    )


def _opened(content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        raise damaged() from None


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if len(parts) > _MOST_PARTS:
        raise _bomb(f"it has {len(parts)} parts")
    if any(part.flag_bits & 1 for part in parts):
        raise FileRefused(
            422, "protected_workbook", "The file is protected by a password. Remove it and save."
        )
    if len(set(names)) < len(names):
        raise damaged()
    if "xl/workbook.xml" not in names:
        kind = next((kind for name, kind in _KINDS if name in names), "a zip archive")
        raise FileRefused(
            422, "not_a_workbook", f"This is {kind}, no .xlsx workbook. Save it as .xlsx or CSV."
        )
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise damaged()


def _bomb(why: str) -> FileRefused:
    return FileRefused(
        413, "workbook_too_large", f"The workbook is too large when unpacked: {why}. Send the table alone."
    )


class _Counter:
    """Counts what streams out of the parts, and looks at it."""

    def __init__(self, packed: int, limits: ImportLimits) -> None:
        self.packed, self.limits = max(packed, 1), limits
        self.unpacked = self.cells = 0
        self.formulas = False

    def read(self, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
        markup = part.filename.lower().endswith(_MARKUP)
        sheet = _SHEET.fullmatch(part.filename) is not None
        head = True
        for window, fresh in _windows(archive, part):
            self._count(fresh)
            if markup or head:
                _refuse_declarations(window)
            if sheet:
                self._look(window, fresh)
            head = False

    def _count(self, fresh: int) -> None:
        self.unpacked += fresh
        if self.unpacked > self.limits.max_unpacked_bytes:
            raise _bomb(f"more than {self.limits.max_unpacked_bytes // 1024 // 1024} MB")
        if self.unpacked > _RATIO_FROM and self.unpacked > _RATIO * self.packed:
            raise _bomb(f"more than {_RATIO} times its packed size")

    def _look(self, window: bytes, fresh: int) -> None:
        self.cells += len(_CELL.findall(window, max(0, len(window) - fresh)))
        if self.cells > self.limits.max_cells:
            raise FileRefused(
                413,
                "too_many_cells",
                f"The workbook has more than {self.limits.max_cells:,} cells. Split it.",
            )
        self.formulas = self.formulas or _FORMULA.search(window) is not None
        for row in _ROW_NUMBER.finditer(window):
            if int(row[1]) > _LAST_ROW:
                raise damaged()
        if _FAR_HINT.search(window):
            self._refuse_far_cells(window)

    def _refuse_far_cells(self, window: bytes) -> None:
        for cell in _FAR_CELL.finditer(window):
            column, row = _column_number(cell[1]), int(cell[2])
            if column > self.limits.max_columns or row > self.limits.max_rows + 1000:
                raise FileRefused(
                    413,
                    "cell_far_away",
                    f"Cell {(cell[1] + cell[2]).decode()} lies outside the {self.limits.max_columns} columns "
                    f"and {self.limits.max_rows:,} rows that are read. Copy the table into a new workbook.",
                )


def _refuse_declarations(window: bytes) -> None:
    if _FORBIDDEN.search(window.replace(b"\0", b"")):
        raise FileRefused(
            422,
            "forbidden_xml",
            "The workbook declares document types or entities, which no spreadsheet needs.",
        )


def _windows(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[tuple[bytes, int]]:
    """Yield the unpacked stream, overlapping so that nothing hides on a seam, and the fresh count."""
    tail = b""
    with archive.open(part) as stream:
        while fresh := stream.read(_CHUNK):
            window = tail + fresh
            yield window, len(fresh)
            tail = window[-_OVERLAP:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
