"""From bytes to text: byte order mark, UTF-8, UTF-16, then Windows-1252; anything else is no text."""

import codecs
import re

from application.positions.file import FileRefused

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES = (
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"{\\rtf", "an RTF document"),
)
_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body|table|script)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<(?:\?xml|[A-Za-z]+[ >])")
_CONTROL = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f\x7f\udc80-\udcff]")


def decode(content: bytes, said: str | None = None) -> tuple[str, str]:
    """Return the text and the name of its encoding; `said` is the client's word and wins.

    Raises
    ------
    FileRefused
        422 `not_text` for images, archives, HTML and other binary content, `bad_encoding` where the client's
        encoding does not fit.
    """
    _refuse_other_kinds(content)
    text, encoding = _decode_as(content, said) if said else _decode_by_ladder(content)
    if _CONTROL.search(text):
        raise _not_text("it holds control characters")
    return text.removeprefix("\ufeff"), encoding


def _refuse_other_kinds(content: bytes) -> None:
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            raise _not_text(f"it is {kind}")
    head = content[:1024].lstrip(codecs.BOM_UTF8)
    if _HTML.match(head):
        raise _not_text("it is an HTML page; a log-in page saved by mistake?")
    if _XML.match(head):
        raise _not_text("it is XML")


def _not_text(why: str) -> FileRefused:
    return FileRefused(422, "not_text", f"This is no table: {why}. Send a CSV file or an .xlsx workbook.")


def _decode_as(content: bytes, encoding: str) -> tuple[str, str]:
    try:
        name = codecs.lookup(encoding).name
        return content.decode(name), name
    except (LookupError, ValueError, TypeError):
        raise FileRefused(
            422, "bad_encoding", f"The file cannot be read as {encoding!r}, which the mapping names."
        ) from None


def _decode_by_ladder(content: bytes) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strictly(content, encoding)
    if b"\0" in content[:4096]:
        return _strictly(content, _utf16_by_nulls(content[:4096]))
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="surrogateescape"), "cp1252"


def _utf16_by_nulls(head: bytes) -> str:
    """Western text in UTF-16 has its NULs at every second place; anything else with NULs is no text."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < len(head) // 4 or min(even, odd) > max(even, odd) // 10:
        raise _not_text("it holds NUL bytes")
    return "utf-16-be" if even > odd else "utf-16-le"


def _strictly(content: bytes, encoding: str) -> tuple[str, str]:
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError:
        raise _not_text(f"its byte order mark or NUL bytes say {encoding}, but it is not") from None
