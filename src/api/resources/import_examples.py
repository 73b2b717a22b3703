"""Examples of imports of positions."""

from typing import Final

from api.resources.examples import AT, PORTFOLIO, Body

_IMPORT: Final = "b1a7c3de-2f64-4c1b-9d57-3e8f5a6b7c8d"
_ROW_ERROR: Final[Body] = {
    "row": 22,
    "error": "Unknown asset_class 'structured_note'",
    "column": "asset_class",
    "value": "structured_note",
    "code": "unknown_asset_class",
    "message": "Unknown asset_class 'structured_note'. Use one of the known classes.",
}
_TOTALS: Final[Body] = {
    "positions": 48,
    "market_value": 140000000,
    "cash_balance": 2500000,
    "total_value": 142500000,
}
_REPORT: Final[Body] = {
    "rows_imported": 48,
    "rows_with_errors": 1,
    "errors": [_ROW_ERROR],
    "mode": "upsert",
    "as_of": "2026-03-26",
    "format": "generic",
    "filename": "positions.csv",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "rows_unchanged": 0,
    "rows_skipped": 1,
    "created": 48,
    "updated": 0,
    "closed": 0,
    "closed_positions": [],
    "totals_before": {"positions": 0, "market_value": 0, "cash_balance": 2500000, "total_value": 2500000},
    "totals_after": _TOTALS,
    "warnings": [],
}
IMPORT_RESULT: Final[Body] = {
    "portfolio_id": PORTFOLIO,
    "import_id": _IMPORT,
    "agents_fired": ["PortfolioRiskAgent", "RebalanceAgent"],
    "dry_run": False,
    **_REPORT,
}
_IMPORTED: Final[Body] = {
    "portfolio_id": PORTFOLIO,
    "import_id": _IMPORT,
    "status": "imported",
    "imported_at": AT,
    "reverted_at": None,
}
IMPORT_REPORT: Final[Body] = {**_IMPORTED, **_REPORT}
_SUMMARISED: Final = (
    "filename", "format", "mode", "as_of", "rows_imported", "rows_with_errors", "rows_unchanged",
    "rows_skipped", "created", "updated", "closed",
)  # fmt: skip
IMPORT_PAGE: Final[Body] = {
    "imports": [{**_IMPORTED, **{name: _REPORT[name] for name in _SUMMARISED}}],
    "total": 1,
    "limit": 50,
    "offset": 0,
}
REVERTED_IMPORT: Final[Body] = {"import_id": _IMPORT, "portfolio_id": PORTFOLIO, "status": "reverted"}
