"""Importing market data, and reading what came of it."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, MultipartBody, QueryParameter

from api.answers import ApiResponse
from api.idempotency import idempotent
from api.operation import operation
from api.request import ApiRequest
from api.resources import market_examples as examples
from api.resources.fields import Offset, PageOf200
from api.resources.market_bodies import InstrumentsIn
from api.resources.market_import_bodies import MarketFile, MarketImportDetail, MarketImportPage
from api.resources.market_rendering import import_detail, import_summary
from api.resources.market_work import SCOPE, DryRun, MarketWork, OnErrorAsked, Shared
from api.services import Service
from application.calculations import Calculations
from application.market.imports import (
    MarketImportReport,
    MarketRules,
)
from domain.market import Kind, MarketImportNotFound
from projections.market import MarketView


def _importing(kind: Kind, said: str, example: Mapping[str, Any] = examples.IMPORTED) -> Any:
    """Return the handler that imports files of a kind; `said` describes it in the OpenAPI document."""

    async def handler(
        self: Controller,
        request: ApiRequest,
        data: MultipartBody[MarketFile],
        calculations: Service[Calculations],
        market_rules: Service[MarketRules],
        dry_run: DryRun = False,
        on_error: OnErrorAsked = "skip_row",
        shared: Shared = False,
    ) -> ApiResponse[MarketImportReport]:
        work = MarketWork(
            request, calculations, market_rules, dry_run=dry_run, on_error=on_error, shared=shared
        )
        return await work.import_file(kind, data.file)

    handler.__name__, handler.__doc__ = f"import_{kind}", said
    told = operation(
        scope=SCOPE,
        cost=10,
        settles=True,
        headers=("Location",),
        also={200: MarketImportReport},
        errors=(403,),
        large_upload=True,
        example={**example, "kind": kind},
    )
    return post(f"/{kind}/import", status_code=201, opt=told)(idempotent(unless="dry_run")(handler))


class MarketImportController(Controller):
    """Files of market data. What a tenant imports is its own, and goes before the shared set in its figures."""

    path = "/v1/market"
    tags = ("Market data",)

    import_prices = _importing(
        "prices",
        """Import daily prices.

        Columns `date`, `ticker`, `exchange`, `currency`, `open`, `high`, `low`, `close`, `adjusted_close` and
        `volume`; needed are date, ticker and close. Unknown tickers are created. A price that differs from what
        is known replaces it as a revision; the same file twice changes nothing.
        """,
    )

    import_fx = _importing(
        "fx",
        """Import exchange rates.

        Columns `date`, `source` (or `base`), `target` (or `quote`) and `rate`: units of the target currency per
        unit of the source. A column `pair` such as EURUSD does for both currencies.
        """,
        examples.SERIES_IMPORTED,
    )

    import_rates = _importing(
        "rates",
        """Import interest rates.

        Columns `date`, `currency`, `tenor` and `rate`: annual, as a fraction (0.0525 is 5.25 %). Rates that look
        like percent are taken as they stand, with a warning.
        """,
        examples.SERIES_IMPORTED,
    )

    import_factors = _importing(
        "factors",
        """Import factor returns.

        Columns `date`, `factor_name` and `return`: of the day, as a fraction (0.01 is 1 %).
        """,
        examples.SERIES_IMPORTED,
    )

    import_actions = _importing(
        "actions",
        """Import splits and dividends.

        Columns `ex_date` (or `date`), `ticker`, `kind` (split or dividend) and `value`: new units per old one
        (2, or 2:1, makes two of one), or the dividend per unit in `currency`. A split of 1 or a dividend of 0
        withdraws one.
        """,
    )

    @post(
        "/instruments",
        status_code=201,
        opt=operation(
            scope=SCOPE,
            settles=True,
            headers=("Location",),
            also={200: MarketImportReport},
            errors=(403,),
            body=InstrumentsIn,
            upload=MarketFile,
            examples=examples.INSTRUMENTS,
            example={**examples.IMPORTED, "kind": "instruments", "from": None, "to": None},
        ),
    )
    @idempotent(unless="dry_run")
    async def import_instruments(
        self,
        request: ApiRequest,
        calculations: Service[Calculations],
        market_rules: Service[MarketRules],
        dry_run: DryRun = False,
        on_error: OnErrorAsked = "skip_row",
        shared: Shared = False,
    ) -> ApiResponse[MarketImportReport]:
        """Describe instruments.

        JSON, or a file with the columns `ticker`, `exchange`, `isin`, `currency`, `sector`, `geography`, `name`
        and `kind`. Unknown instruments are created; what a row leaves out stays as it is known. Of JSON, anything
        wrong refuses all of it.
        """
        work = MarketWork(
            request, calculations, market_rules, dry_run=dry_run, on_error=on_error, shared=shared
        )
        return await work.import_either("instruments", "instruments")

    @get("/imports", opt=operation(scope="portfolios:read", example=examples.IMPORTS, table="imports"))
    async def list_market_imports(
        self,
        request: ApiRequest,
        market: Service[MarketView],
        kind: Annotated[Kind | None, QueryParameter(description="Only imports of this kind.")] = None,
        limit: PageOf200 = 50,
        offset: Offset = 0,
    ) -> MarketImportPage:
        """List the imports of market data, the newest first: one's own and those of the shared set."""
        rows, total = await market.imports(request.caller.tenant, kind=kind, limit=limit, offset=offset)
        return MarketImportPage(
            imports=[import_summary(row) for row in rows], total=total, limit=limit, offset=offset
        )

    @get(
        "/imports/{import_id:uuid}",
        opt=operation(
            scope="portfolios:read", example=examples.IMPORT, table=("report.errors", "report.warnings")
        ),
    )
    async def read_market_import(
        self, request: ApiRequest, import_id: FromPath[UUID], market: Service[MarketView]
    ) -> MarketImportDetail:
        """Read the report of an import of market data."""
        row = await market.one_import(request.caller.tenant, import_id)
        if row is None:
            raise MarketImportNotFound(import_id)
        return import_detail(row)
