"""From bytes to columns: CSV or Parquet, packed or not."""

import io
import zlib
from typing import Final

from application.market.imports import MarketLimits
from application.positions.file import FileRefused
from domain.market import Kind
from infrastructure.marketdata.importing.content import Content, too_large
from infrastructure.marketdata.importing.csv_files import read_csv
from infrastructure.marketdata.importing.parquet_files import read_parquet

UNPACKED_AT_ONCE: Final = 16 << 20
_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"
_ZIP: Final = b"PK\x03\x04"


def read_content(content: bytes, kind: Kind, limits: MarketLimits) -> Content:
    """Return the columns of a file.

    Raises
    ------
    FileRefused
        413 where it is too large, 422 where it is no table, or one without the columns that are needed.
    """
    if content.startswith(_GZIP):
        content = _unpacked(content, limits)
    if not content.strip():
        raise FileRefused(422, "empty", "The file is empty.")
    if content.startswith(_ZIP):
        raise FileRefused(
            422,
            "not_text",
            "This is a workbook or a zip archive. Send CSV or Parquet; CSV may be packed by gzip.",
        )
    read = read_parquet if content.startswith(_PARQUET) else read_csv
    found = read(content, kind, limits)
    if not len(found.rows) and not found.lost:
        raise FileRefused(422, "no_rows", "The file has a header but no rows below it.")
    return found


def _unpacked(content: bytes, limits: MarketLimits) -> bytes:
    out, left = io.BytesIO(), content
    try:
        while left:
            unpacker = zlib.decompressobj(wbits=31)
            while left and not unpacker.eof:
                out.write(unpacker.decompress(left, UNPACKED_AT_ONCE))
                if out.tell() > limits.max_unpacked_bytes:
                    raise too_large(limits)
                left = unpacker.unconsumed_tail
            if not unpacker.eof:
                raise FileRefused(422, "broken_gzip", "The gzip archive ends before its end.")
            left = unpacker.unused_data.lstrip(b"\0")
    except zlib.error:
        raise FileRefused(422, "broken_gzip", "The gzip archive is broken.") from None
    return out.getvalue()
