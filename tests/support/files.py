"""Files of positions, as the reader tells them."""

from decimal import Decimal
from typing import Any

from application.positions.file import CashRow, ColumnMapping, ImportLimits, ParsedFile, PositionRow
from infrastructure.imports.parser import parse_positions


class FilesReadHere:
    """Reads files in the test's own process with the real parser."""

    async def parse(self, content: bytes, filename: str, mapping: ColumnMapping | None) -> ParsedFile:
        return parse_positions(content, filename, limits=ImportLimits(), mapping=mapping)


def a_row(ticker: str, quantity: str, price: str | None = None, **said: Any) -> PositionRow:
    """One row of a file."""
    return PositionRow(
        row=said.pop("row", 2),
        account=said.pop("account", ""),
        ticker=ticker,
        security_name=said.pop("security_name", ""),
        asset_class=said.pop("asset_class", "equity"),
        quantity=Decimal(quantity),
        current_price=None if price is None else Decimal(price),
        **said,
    )


def a_csv(*lines: str, header: str = "ticker,quantity,avg_cost_price,current_price,sector") -> bytes:
    """A comma-separated file."""
    return "\n".join([header, *lines]).encode()


__all__ = ["CashRow", "FilesReadHere", "a_csv", "a_row"]
