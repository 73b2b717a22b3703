"""What benchmarks consist of."""

import re
from datetime import date, timedelta
from typing import Annotated, Final

from litestar import Controller, get, put
from litestar.params import FromPath, QueryParameter

from api.answers import ApiResponse
from api.operation import operation
from api.problems import ParameterViolation, invalid
from api.request import ApiRequest
from api.resources import market_examples as examples
from api.resources.fields import TICKER, Offset, PageOf200
from api.resources.market_bodies import BenchmarkPage, ConstituentsBody, ConstituentsIn
from api.resources.market_import_bodies import MarketFile
from api.resources.market_rendering import benchmark, constituents
from api.resources.market_work import SCOPE, DryRun, MarketWork, Shared
from api.resources.moments import KnownAt, moments
from api.services import Service
from application.calculations import Calculations
from application.history.past import end_of
from application.market.imports import MarketImportReport, MarketRules
from domain.market import BenchmarkNotFound
from projections.market import MarketView

_TICKER: Final = re.compile(TICKER)
_INSTANT: Final = timedelta(microseconds=1)


class BenchmarkController(Controller):
    """Benchmarks and their dated constituents."""

    path = "/v1/market/benchmarks"
    tags = ("Market data",)

    @get(opt=operation(scope="portfolios:read", example=examples.BENCHMARKS, table="benchmarks"))
    async def list_benchmarks(
        self, request: ApiRequest, market: Service[MarketView], limit: PageOf200 = 50, offset: Offset = 0
    ) -> BenchmarkPage:
        """List the benchmarks whose constituents are known."""
        rows, total = await market.benchmarks(request.caller.tenant, limit=limit, offset=offset)
        return BenchmarkPage(
            benchmarks=[benchmark(row) for row in rows], total=total, limit=limit, offset=offset
        )

    @get(
        "/{ticker:str}/constituents",
        opt=operation(scope="portfolios:read", example=examples.CONSTITUENTS, table="constituents"),
    )
    async def read_constituents(
        self,
        request: ApiRequest,
        ticker: FromPath[str],
        market: Service[MarketView],
        on: Annotated[
            date | None,
            QueryParameter(name="date", description="The set that holds on this day; else the newest."),
        ] = None,
        known_at: KnownAt = None,
    ) -> ConstituentsBody:
        """Read what a benchmark consists of."""
        known = moments(None, known_at).known_at
        if not _is_ticker(ticker):
            raise BenchmarkNotFound(ticker)
        found = await market.constituents(
            request.caller.tenant,
            ticker,
            on=on,
            known_at=None if known is None else end_of(known) - _INSTANT,
        )
        if found is None:
            raise BenchmarkNotFound(ticker)
        return constituents(ticker, found)

    @put(
        "/{ticker:str}/constituents",
        status_code=200,
        opt=operation(
            scope=SCOPE,
            cost=5,
            settles=True,
            headers=("Location",),
            errors=(403,),
            body=ConstituentsIn,
            upload=MarketFile,
            examples=examples.CONSTITUENTS_SENT,
            example={**examples.IMPORTED, "kind": "constituents", "instruments_created": 0},
        ),
    )
    async def set_constituents(
        self,
        request: ApiRequest,
        ticker: FromPath[str],
        calculations: Service[Calculations],
        market_rules: Service[MarketRules],
        on: Annotated[
            date | None,
            QueryParameter(name="date", description="Day from which the rows of a file without dates hold."),
        ] = None,
        dry_run: DryRun = False,
        shared: Shared = False,
    ) -> ApiResponse[MarketImportReport]:
        """Say what a benchmark consists of.

        JSON, or a file with the columns `ticker`, `weight`, `sector` and, where it holds several sets, `date`. The
        weights of a set are fractions of at least 0 that add up to 1 ± 0.000001; anything wrong refuses all of it.
        They drift with prices until the next set.
        """
        if not _is_ticker(ticker):
            detail = "A benchmark is named by a ticker of at most 64 characters."
            raise invalid([ParameterViolation("ticker", "pattern", detail)])
        work = MarketWork(
            request, calculations, market_rules, dry_run=dry_run, on_error="abort", shared=shared
        )
        return await work.import_either(
            "constituents", "constituents", benchmark=ticker.upper(), day=on, status=200
        )


def _is_ticker(text: str) -> bool:
    return len(text) <= 64 and _TICKER.match(text) is not None
