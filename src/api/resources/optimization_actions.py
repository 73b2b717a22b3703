"""What the result of an optimisation leads to: targets of a portfolio, a look at what they would do, a report."""

from dataclasses import replace
from datetime import UTC
from typing import Final
from uuid import UUID

import msgspec
from litestar import Controller, MediaType, get, post
from litestar.params import FromPath, JSONBody

from api.answers import Answer, ApiResponse
from api.exports.noted import note_export
from api.idempotency import idempotent
from api.operation import operation
from api.presence import while_present
from api.request import ApiRequest
from api.resources import optimization_action_examples as examples
from api.resources.optimization_action_bodies import (
    AppliedOptimization,
    ApplyOptimization,
    WhatIfOptimization,
)
from api.resources.optimization_action_rendering import applied_body, what_if_body
from api.resources.recording import recorded
from api.resources.report import HEADERS
from api.services import Service
from application.calculations import Calculations
from application.ledger import Ledger
from application.optimization.answer import Comparison, MethodResult, Prepared
from application.optimization.apply import Applied, ApplyResult, apply_result
from application.optimization.chosen import NotCompleted, chosen_weights
from application.optimization.dataset import AssetFacts
from application.optimization.report import OptimizationReport
from application.optimization.request import Terms
from application.optimization.targets import Wanted
from application.optimization.what_if_answer import WhatIf, WhatIfTask
from application.report.request import ReportPage
from domain.drift import BandKind
from domain.optimization import OptimizationNotFound
from projections.optimizations import OptimizationRow, OptimizationView
from projections.portfolios import PortfolioView

SCOPE: Final = "optimize"


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What of the facts of a job says what its assets are."""

    assets: list[AssetFacts]


class OptimizationActionController(Controller):
    """Optimisations and what they lead to."""

    path = "/v1/optimizations/{optimization_id:uuid}"
    tags = ("Optimisation",)

    @post(
        "/apply",
        status_code=200,
        opt=operation(
            scope="portfolios:write",
            also_scope=SCOPE,
            rate="write",
            if_match=True,
            settles=True,
            headers=("ETag",),
            errors=(409,),
            examples=examples.APPLY,
            example=examples.APPLIED,
        ),
    )
    @idempotent()
    async def apply_optimization(
        self,
        request: ApiRequest,
        optimization_id: FromPath[UUID],
        data: JSONBody[ApplyOptimization],
        optimizations: Service[OptimizationView],
        ledger: Service[Ledger],
    ) -> ApiResponse[AppliedOptimization]:
        """Make a method's weights the target allocations of a portfolio.

        All targets of the type are replaced at once: assets with weight get one, what is held without weight gets
        zero and is to be sold, other targets of the type go. Weights share what the portfolio does not keep in cash
        and add up exactly. Applied twice, it changes nothing. The rebalance agent then sees the drift by itself.
        If-Match and ETag are those of the portfolio.
        """
        row = await _job(optimizations, request.caller.tenant, optimization_id)
        command = ApplyResult(
            caller=replace(request.caller, causation_id=f"optimization/{optimization_id}"),
            portfolio_id=data.portfolio_id,
            wanted=_wanted(row, data),
            expected=request.if_match.allows if request.if_match is not None else None,
        )

        def shape(done: Applied) -> Answer[AppliedOptimization]:
            return Answer(applied_body(optimization_id, data, done), version=done.version)

        return await recorded(
            request, lambda remember: apply_result(command, ledger=ledger, remember=remember), shape
        )

    @post(
        "/what-if",
        status_code=200,
        opt=operation(
            scope=SCOPE,
            also_scope="portfolios:read",
            rate="compute",
            errors=(409, 503),
            examples=examples.APPLY,
            example=examples.WHAT_IF,
        ),
    )
    async def what_if(
        self,
        request: ApiRequest,
        optimization_id: FromPath[UUID],
        data: JSONBody[ApplyOptimization],
        optimizations: Service[OptimizationView],
        calculations: Service[Calculations],
    ) -> ApiResponse[WhatIfOptimization]:
        """Tell what applying a method's weights would lead to, without changing anything.

        Drift of what is held from the targets there would be, the trades that would be recommended with their cost
        and turnover, and the risk before and after them by the data of the optimisation.
        """
        tenant = request.caller.tenant
        row = await _job(optimizations, tenant, optimization_id)
        wanted = _wanted(row, data)
        task = WhatIfTask(
            portfolio_id=data.portfolio_id,
            weights=dict(wanted.weights),
            assets=list(wanted.assets),
            dataset_hash=row.dataset_hash,
            terms=msgspec.json.decode(row.request, type=Terms),
            allocation_type=wanted.allocation_type,
            band_kind=wanted.band_kind,
            band=wanted.band,
        )
        work = calculations.run("optimization.what_if", task, WhatIf, tenant=tenant)
        found = await while_present(request, work)
        return ApiResponse(what_if_body(optimization_id, data, found))

    @get(
        "/report",
        media_type=MediaType.HTML,
        opt=operation(scope=SCOPE, cost=10, errors=(409, 503), example=examples.REPORT),
    )
    async def read_report(
        self,
        request: ApiRequest,
        optimization_id: FromPath[UUID],
        optimizations: Service[OptimizationView],
        portfolios: Service[PortfolioView],
        calculations: Service[Calculations],
    ) -> ApiResponse[str]:
        """Return a finished optimisation as HTML: one page without scripts that loads nothing, ready to be printed.

        Methods side by side, weights, shares of risk, growth and falls out of sample, trees of clusters, and how
        each was computed. The same job gives the same bytes.
        """
        tenant = request.caller.tenant
        row = await _job(optimizations, tenant, optimization_id)
        if not (row.has_ended and row.results):
            raise NotCompleted(optimization_id, row.status, wanted="reported on")
        held = await portfolios.portfolio(tenant, row.portfolio_id) if row.portfolio_id else None
        work = calculations.run(
            "optimization.report", _report(row, held.name if held else None), ReportPage, tenant=tenant
        )
        page = await while_present(request, work)
        await note_export(request, {"format": "html"})
        return ApiResponse(page.html, media_type=MediaType.HTML, headers=dict(HEADERS))


async def _job(optimizations: OptimizationView, tenant: str, optimization_id: UUID) -> OptimizationRow:
    row = await optimizations.one(tenant, optimization_id)
    if row is None:
        raise OptimizationNotFound(optimization_id)
    return row


def _wanted(row: OptimizationRow, data: ApplyOptimization) -> Wanted:
    weights = chosen_weights(row.optimization_id, row.status, _results(row), data.method, asked=row.methods)
    return Wanted(
        weights=weights,
        assets=msgspec.json.decode(row.facts, type=_Facts).assets,
        allocation_type=data.allocation_type,
        band_kind=_kind(data),
        band=data.band.width if data.band else None,
    )


def _kind(data: ApplyOptimization) -> BandKind | None:
    return data.band.kind if data.band else None


def _results(row: OptimizationRow) -> dict[str, MethodResult]:
    return {name: msgspec.json.decode(raw, type=MethodResult) for name, raw in row.results.items()}


def _report(row: OptimizationRow, name: str | None) -> OptimizationReport:
    facts = msgspec.json.decode(row.facts)
    apart = {
        "dataset_hash": row.dataset_hash,
        "inputs_hash": row.inputs_hash,
        "code_version": row.code_version,
    }
    return OptimizationReport(
        id=row.optimization_id,
        status=row.status,
        requested_at=row.created_at.astimezone(UTC),
        request=msgspec.json.decode(row.request),
        facts=msgspec.convert({**facts, **apart}, Prepared),
        results=_results(row),
        comparison=msgspec.json.decode(row.comparison, type=Comparison | None),
        name=name,
    )
