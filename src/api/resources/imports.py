"""Importing files of positions, reading their reports, undoing them."""

from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, MultipartBody, QueryParameter

from api.answers import Answer, ApiResponse, reply
from api.exports.noted import note_export
from api.idempotency import idempotent
from api.operation import operation
from api.problems import ParameterViolation, Problem, invalid
from api.request import ApiRequest
from api.resources import import_examples as examples
from api.resources.fields import Offset, PageOf200
from api.resources.import_bodies import (
    ImportPage,
    ImportReportBody,
    ImportResult,
    PositionsFile,
    RevertedImport,
)
from api.resources.import_rendering import import_report, import_result, import_summary, location
from api.resources.moments import require_plausible
from api.resources.recording import recorded
from api.services import Service
from application.ledger import Ledger
from application.market.rates import TenantRates
from application.positions.file import ColumnMapping, FileRefused, PositionFiles
from application.positions.import_positions import Imported, ImportPositions, import_positions
from application.positions.revert_import import RevertImport, revert_import
from domain.errors import Violation
from domain.holding_refusals import ImportNotFound
from domain.portfolio import PortfolioNotFound
from projections.imports import ImportRow, ImportView
from projections.portfolios import PortfolioView

CSV: Final = "text/csv"
FILENAME_LENGTH_MAX: Final = 255
Mode: TypeAlias = Annotated[
    Literal["upsert", "snapshot"],
    QueryParameter(description="Positions absent from the file stay (upsert) or are closed (snapshot)."),
]
DryRun: TypeAlias = Annotated[bool, QueryParameter(description="Only say what the import would do.")]
OnError: TypeAlias = Annotated[
    Literal["skip_row", "abort"],
    QueryParameter(description="Leave out rows with errors, or import nothing when there is one."),
]
Effective: TypeAlias = Annotated[
    date | None, QueryParameter(description="Day from which the file holds; today unless said.")
]
MappingText: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        max_length=10_000,
        description=(
            "What the columns mean, as JSON text: canonical names to headers of the file, and the options "
            "`decimal_mark`, `cost_basis`, `delimiter`, `encoding` and `sheet`. It wins over recognition."
        ),
    ),
]


class ImportController(Controller):
    """Imports of positions."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Imports",)

    @post(
        "/positions/import",
        status_code=201,
        opt=operation(
            scope="positions:import",
            cost=5,
            settles=True,
            headers=("Location",),
            also={200: ImportResult},
            example=examples.IMPORT_RESULT,
        ),
    )
    @idempotent(unless="dry_run")
    async def import_positions(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        data: MultipartBody[PositionsFile],
        ledger: Service[Ledger],
        files: Service[PositionFiles],
        rates: Service[TenantRates],
        mode: Mode = "upsert",
        dry_run: DryRun = False,
        on_error: OnError = "skip_row",
        as_of: Effective = None,
        mapping: MappingText = None,
    ) -> ApiResponse[ImportResult]:
        """Import a file of positions.

        CSV, .xlsx and .xlsm as brokers export them. Rows with errors are reported, all at once, and the valid
        ones go in. The same file twice changes nothing. With `dry_run` the answer is 200 and nothing is
        recorded; the options are query parameters.
        """
        require_plausible("as_of", as_of)
        command = ImportPositions(
            caller=request.caller,
            portfolio_id=portfolio_id,
            content=await _content(data.file),
            filename=_filename(data.file),
            mapping=_mapping(mapping),
            mode=mode,
            dry_run=dry_run,
            on_error=on_error,
            as_of=as_of,
        )

        def shape(imported: Imported) -> Answer[ImportResult]:
            if dry_run:
                return Answer(import_result(imported))
            address = location(portfolio_id, imported.report.import_id)
            return Answer(import_result(imported), status=201, location=address)

        known = await rates.rates_for(request.caller.tenant)
        try:
            return await recorded(
                request,
                lambda remember: import_positions(
                    command, ledger=ledger, files=files, rates=known, remember=remember
                ),
                shape,
            )
        except FileRefused as refusal:
            raise _refused(refusal, "file") from None

    @get(
        "/imports",
        opt=operation(scope="portfolios:read", example=examples.IMPORT_PAGE, table="imports"),
    )
    async def list_imports(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        imports: Service[ImportView],
        portfolios: Service[PortfolioView],
        limit: PageOf200 = 50,
        offset: Offset = 0,
    ) -> ImportPage:
        """List the imports into a portfolio, the newest first."""
        tenant = request.caller.tenant
        if await portfolios.portfolio(tenant, portfolio_id) is None:
            raise PortfolioNotFound(portfolio_id)
        rows, total = await imports.page(tenant, portfolio_id, limit=limit, offset=offset)
        return ImportPage(
            imports=[import_summary(row) for row in rows], total=total, limit=limit, offset=offset
        )

    @get(
        "/imports/{import_id:uuid}",
        opt=operation(scope="portfolios:read", media_types={CSV: str}, example=examples.IMPORT_REPORT),
    )
    async def read_import(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        import_id: FromPath[UUID],
        imports: Service[ImportView],
    ) -> ApiResponse[ImportReportBody]:
        """Read the report of an import.

        With `Accept: text/csv` the answer is the rows that failed, as they stood in the file and with an `error`
        column, ready to be corrected and sent again.
        """
        row = await _import(imports, request.caller.tenant, portfolio_id, import_id)
        if request.best_form("application/json", CSV) == CSV:
            await note_export(request, {"format": "csv", "tables": ["failed_rows"]})
            return _failed_rows(row)
        return reply(import_report(row))

    @post(
        "/imports/{import_id:uuid}/revert",
        status_code=200,
        opt=operation(scope="positions:import", settles=True, example=examples.REVERTED_IMPORT),
    )
    @idempotent()
    async def revert_import(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        import_id: FromPath[UUID],
        ledger: Service[Ledger],
    ) -> ApiResponse[RevertedImport]:
        """Undo an import.

        What was true before it is recorded again. Refused with 409 when a later change stands on it, naming what
        that concerns, and when it is undone already.
        """
        command = RevertImport(caller=request.caller, portfolio_id=portfolio_id, import_id=import_id)

        def shape(_: int) -> Answer[RevertedImport]:
            return Answer(RevertedImport(import_id=import_id, portfolio_id=portfolio_id))

        return await recorded(
            request, lambda remember: revert_import(command, ledger=ledger, remember=remember), shape
        )


def _filename(file: UploadFile) -> str:
    """Return the name without what no log or header could show."""
    return "".join(char for char in file.filename if char.isprintable())[:FILENAME_LENGTH_MAX]


async def _content(file: UploadFile) -> bytes:
    content = await file.read()
    if not content:
        raise invalid([Violation("file", "empty", "The file is empty.")])
    return content


def _mapping(text: str | None) -> ColumnMapping | None:
    if text is None:
        return None
    try:
        said = msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeEncodeError):
        detail = 'mapping takes a JSON object of texts, such as {"ticker": "Symbol"}.'
        raise invalid([ParameterViolation("mapping", "malformed", detail)]) from None
    try:
        return ColumnMapping.from_client(said)
    except FileRefused as refusal:
        raise _refused(refusal, "mapping") from None


def _refused(refusal: FileRefused, field: str) -> Problem:
    kind = ParameterViolation if field == "mapping" else Violation
    return Problem(
        refusal.code,
        refusal.detail,
        status=refusal.status,
        violations=[kind(field, refusal.code, refusal.detail)],
    )


async def _import(view: ImportView, tenant: str, portfolio_id: UUID, import_id: UUID) -> ImportRow:
    row = await view.one(tenant, import_id)
    if row is None or row.portfolio_id != portfolio_id:
        raise ImportNotFound(import_id)
    return row


def _failed_rows(row: ImportRow) -> ApiResponse[Any]:
    name = f"failed-rows-{row.import_id}.csv"
    return ApiResponse(
        row.report.failed_rows_csv.encode(),
        media_type=CSV,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
