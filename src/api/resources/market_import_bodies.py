"""Imports of market data: the upload, and what is kept of it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.datastructures import UploadFile

from api.resources.fields import LimitUsed, OffsetUsed, Total
from application.market.imports import MarketImportReport
from domain.market import Kind

At = Annotated[datetime, msgspec.Meta(description="When it was recorded, UTC.")]


class MarketFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A file of market data in the field `file`: CSV, CSV packed by gzip, or Parquet."""

    file: UploadFile


class MarketImportSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One import of market data."""

    import_id: Annotated[UUID, msgspec.Meta(description="The import.")]
    kind: Annotated[Kind, msgspec.Meta(description="What was imported.")]
    shared: Annotated[bool, msgspec.Meta(description="Whether it is of the set that all tenants read.")]
    source: Annotated[str, msgspec.Meta(description="Where the figures come from.")]
    filename: Annotated[str | None, msgspec.Meta(description="Name of the file; null where there was none.")]
    sha256: Annotated[
        str | None, msgspec.Meta(description="SHA-256 of what was sent, hexadecimal; null where nothing was.")
    ]
    imported_at: At
    rows: Annotated[int, msgspec.Meta(ge=0, description="Rows that were new or replaced what was known.")]
    rows_revised: Annotated[int, msgspec.Meta(ge=0, description="Rows that replaced what was known.")]


class MarketImportPage(msgspec.Struct, frozen=True, kw_only=True):
    """Imports of market data, the newest first: the tenant's own and those of the shared set."""

    imports: Annotated[list[MarketImportSummary], msgspec.Meta(description="The imports of this page.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class MarketImportDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One import of market data with its report."""

    import_: Annotated[MarketImportSummary, msgspec.Meta(description="What was imported, and when.")] = (
        msgspec.field(name="import")
    )
    report: Annotated[
        MarketImportReport | None,
        msgspec.Meta(description="What the import answered; null where it came with the installation."),
    ]
