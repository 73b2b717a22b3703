"""One import of market data: who asks, what for, and where it is done."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from litestar.datastructures import UploadFile
from litestar.params import QueryParameter

from api.answers import Answer, ApiResponse
from api.exports.negotiation import CSV
from api.presence import while_present
from api.problems import Problem, invalid
from api.request import ApiRequest
from api.settling import settled
from application.calculations import Calculations
from application.caller import ADMIN, Caller
from application.market.imports import (
    ImportMarketData,
    MarketImported,
    MarketImportReport,
    MarketRules,
    OnError,
)
from application.portfolios.register import EARLIEST_TIME_ZONE
from domain.errors import Violation
from domain.market import SHARED, Kind, OwnerRefused

TASK: Final = "market.import"
SCOPE: Final = "market:write"
FILENAME_LENGTH_MAX: Final = 255
DryRun: TypeAlias = Annotated[bool, QueryParameter(description="Only say what the import would do.")]
OnErrorAsked: TypeAlias = Annotated[
    OnError, QueryParameter(description="Leave out rows with errors, or import nothing when there is one.")
]
Shared: TypeAlias = Annotated[
    bool,
    QueryParameter(
        description=(
            "Import into the set that all tenants read; only for the scope `admin` of the operator's tenant."
        )
    ),
]


class MarketWork:
    """One import: who asks, what for, and where it is done."""

    def __init__(
        self,
        request: ApiRequest,
        calculations: Calculations,
        rules: MarketRules,
        *,
        dry_run: bool,
        on_error: OnError,
        shared: bool,
    ) -> None:
        self._request, self._calculations, self._rules = request, calculations, rules
        self._owner = owner_of(request.caller, rules, shared=shared)
        self._dry_run, self._on_error = dry_run, on_error

    async def import_file(self, kind: Kind, file: UploadFile) -> ApiResponse[MarketImportReport]:
        """Import an upload."""
        return await self._run(self._command(kind, filename=_filename(file)), await _content(file))

    async def import_either(
        self,
        kind: Kind,
        name: str,
        *,
        benchmark: str | None = None,
        day: date | None = None,
        status: int = 201,
    ) -> ApiResponse[MarketImportReport]:
        """Import an upload, or a body of CSV or JSON where one was sent."""
        beside: dict[str, Any] = {"benchmark": benchmark, "day": day}
        if self._request.content_type[0] == CSV:
            command = self._command(kind, filename=f"{name}.csv", **beside)
            return await self._run(command, await self._request.body(), status=status)
        if self._request.content_type[0].startswith("multipart/"):
            file = (await self._request.form())["file"]
            command = self._command(kind, filename=_filename(file), **beside)
            return await self._run(command, await _content(file), status=status)
        body = await self._request.json()
        command = self._command(kind, filename=f"{name}.json", form="json", **beside)
        command = msgspec.structs.replace(command, on_error="abort")
        return await self._run(command, msgspec.json.encode(body), status=status)

    def _command(self, kind: Kind, **more: Any) -> ImportMarketData:
        return ImportMarketData(
            kind=kind,
            source="json" if more.get("form") == "json" else f"file {more['filename']}",
            owner=self._owner,
            caller=self._request.caller,
            today=(datetime.now(UTC) + EARLIEST_TIME_ZONE).date(),
            dry_run=self._dry_run,
            on_error=self._on_error,
            limits=self._rules.limits,
            idempotency=self._request.idempotency,
            **more,
        )

    async def _run(
        self, command: ImportMarketData, content: bytes, *, status: int = 201
    ) -> ApiResponse[MarketImportReport]:
        tenant = self._request.caller.tenant
        work = self._calculations.run(TASK, command, MarketImported, tenant=tenant, attachment=content)
        done = await while_present(self._request, work)
        if done.refusal is not None:
            one = done.refusal
            wrong = [Violation("file", one.code, one.detail)]
            raise Problem(one.code, one.detail, status=one.status, violations=wrong)
        report = done.report
        assert report is not None
        if self._dry_run:
            return await settled(self._request, Answer(report), None)
        location = None if report.import_id is None else f"{command.location}{report.import_id}"
        return await settled(self._request, Answer(report, status=status, location=location), done.position)


def owner_of(caller: Caller, rules: MarketRules, *, shared: bool) -> str:
    """Return whose the data will be; raises Problem (403) where the caller may not write what all tenants read."""
    if caller.tenant == SHARED:
        raise OwnerRefused
    if not shared:
        return caller.tenant
    if rules.operator is None or caller.tenant != rules.operator or not caller.may(ADMIN):
        detail = "Only the scope `admin` of the operator's tenant may write what all tenants read."
        raise Problem("forbidden", detail)
    return SHARED


def _filename(file: UploadFile) -> str:
    """Return the name without what no log or header could show."""
    return "".join(char for char in file.filename if char.isprintable())[:FILENAME_LENGTH_MAX]


async def _content(file: UploadFile) -> bytes:
    content = await file.read()
    if not content:
        raise invalid([Violation("file", "empty", "The file is empty.")])
    return content
