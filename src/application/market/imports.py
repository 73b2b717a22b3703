"""Importing market data: what is asked for, what comes of it, and who does it.

An import runs beside the API, where arrays are at hand, and commits rows, event and the answer to remember in one
transaction. Its report is the answer of the API word for word, since the stored answer is written there.
"""

from datetime import date
from typing import Annotated, Literal, Protocol
from uuid import UUID

import msgspec

from application.caller import Caller
from application.idempotency import Idempotency
from domain.market import Kind

OnError = Literal["skip_row", "abort"]
Form = Literal["file", "json"]

Rows = Annotated[int, msgspec.Meta(ge=0)]


class ImportIssue(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row was left out."""

    row: Annotated[
        int,
        msgspec.Meta(
            description="Row of the file, counted from 1 with the header; 0 if all rows together are wrong."
        ),
    ]
    column: Annotated[str | None, msgspec.Meta(description="Column, by its canonical name.")]
    value: Annotated[str | None, msgspec.Meta(description="The cell as it stands in the file.")]
    code: Annotated[str, msgspec.Meta(description="What is wrong, as a code.")]
    error: Annotated[str, msgspec.Meta(description="What is wrong, in one sentence.")]
    message: Annotated[str, msgspec.Meta(description="What is wrong and what to do about it.")]


class ImportNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done to the figures of the file, or looks wrong in them."""

    row: Annotated[int | None, msgspec.Meta(description="Row of the file; null if it is about all of it.")]
    column: Annotated[str | None, msgspec.Meta(description="Column, by its canonical name.")]
    code: Annotated[str, msgspec.Meta(description="What it is, as a code.")]
    message: Annotated[str, msgspec.Meta(description="What it is, in words.")]


class MarketImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import of market data did, or, of a dry run, would do."""

    import_id: Annotated[
        UUID | None,
        msgspec.Meta(
            description="The import; null of a dry run. Of data that was all known: the import that brought it."
        ),
    ]
    kind: Annotated[Kind, msgspec.Meta(description="What was imported.")]
    shared: Annotated[
        bool, msgspec.Meta(description="Whether it went into the set that all tenants read.")
    ] = False
    dry_run: Annotated[bool, msgspec.Meta(description="Whether nothing was recorded.")] = False
    source: Annotated[str, msgspec.Meta(description="Where the figures come from.")] = "file"
    filename: Annotated[str, msgspec.Meta(description="Name of the file as it was sent.")]
    sha256: Annotated[str, msgspec.Meta(description="SHA-256 of what was sent, hexadecimal.")]
    format: Annotated[str, msgspec.Meta(description="What the content was: csv, parquet or json.")]
    rows_imported: Annotated[Rows, msgspec.Meta(description="Valid rows, new or not.")]
    rows_with_errors: Annotated[Rows, msgspec.Meta(description="Rows left out because of errors.")]
    rows_unchanged: Annotated[
        Rows, msgspec.Meta(description="Valid rows that said what was known already, repeated rows included.")
    ]
    rows_revised: Annotated[
        Rows,
        msgspec.Meta(description="Valid rows that replace what was known; it stays readable by known_at."),
    ]
    instruments_created: Annotated[Rows, msgspec.Meta(description="Instruments that were not known before.")]
    start: Annotated[
        date | None, msgspec.Meta(description="First day of the valid rows; null where rows have no day.")
    ] = msgspec.field(name="from")
    end: Annotated[
        date | None, msgspec.Meta(description="Last day of the valid rows; null where rows have no day.")
    ] = msgspec.field(name="to")
    columns: Annotated[
        dict[str, str], msgspec.Meta(description="Canonical names, each with the header it was read from.")
    ]
    ignored_columns: Annotated[
        list[str], msgspec.Meta(description="Headers that mean nothing here and were passed over.")
    ]
    errors: Annotated[list[ImportIssue], msgspec.Meta(description="All errors, at most 1,000.")]
    warnings: Annotated[
        list[ImportNotice], msgspec.Meta(description="What a reader should know, at most 1,000.")
    ]


class MarketLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a file of market data may cost at most: bytes as sent, bytes unpacked, rows."""

    max_bytes: int = 200_000_000
    max_unpacked_bytes: int = 1_000_000_000
    max_rows: int = 5_000_000
    max_columns: int = 200


class MarketRules(msgspec.Struct, frozen=True, kw_only=True):
    """Who may write what all tenants read, how large a file may be, and from when a price is old.

    operator : the tenant of whoever runs the service; with the scope admin it may write the shared set.
    stale_days : days after which a price is flagged as old.
    """

    operator: str | None = None
    stale_days: int = 7
    limits: MarketLimits = MarketLimits()


class ImportMarketData(msgspec.Struct, frozen=True, kw_only=True):
    """A file, or a JSON body, and how to take it; the content travels beside it.

    owner : the tenant, or SHARED. location : address of imports, before the id; it goes into the stored answer.
    benchmark : whose constituents they are; day : from when, where the content does not say.
    today : the last day that figures may be of.
    """

    kind: Kind
    owner: str
    caller: Caller
    filename: str
    today: date
    form: Form = "file"
    source: str = "file"
    dry_run: bool = False
    on_error: OnError = "skip_row"
    benchmark: str | None = None
    day: date | None = None
    limits: MarketLimits = MarketLimits()
    idempotency: Idempotency | None = None
    location: str = "/v1/market/imports/"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why the content could not be read at all; 413 where it is too large."""

    status: Literal[413, 422]
    code: str
    detail: str


class MarketImported(msgspec.Struct, frozen=True, kw_only=True):
    """The report, and where the event stands; one of `report` and `refusal` is there."""

    report: MarketImportReport | None = None
    refusal: Refusal | None = None
    position: int | None = None


class MarketImports(Protocol):
    """Reads and records market data."""

    async def run(self, command: ImportMarketData, content: bytes) -> MarketImported:
        """Import the content.

        Raises
        ------
        Refused
            If rows have errors and `on_error` is abort, or if a benchmark's constituents break a rule.
        LostRace
            If an answer is stored under the command's idempotency key meanwhile.
        """
