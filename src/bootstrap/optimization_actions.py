"""What a result would lead to, and a result as a page: tasks of a calculator process."""

from dataclasses import replace
from functools import cache, partial
from uuid import UUID

from application.caller import Caller
from application.history.past import PastPortfolio
from application.optimization.dataset import Dataset
from application.optimization.metrics import metrics_of
from application.optimization.report import OptimizationReport
from application.optimization.sampling import by_asset, sample_of
from application.optimization.targets import Wanted
from application.optimization.what_if import Measured, Question
from application.optimization.what_if import what_if as would_be
from application.optimization.what_if_answer import WhatIf, WhatIfTask
from application.rebalancing.sight import Lookout
from application.report.request import ReportPage
from bootstrap.report_tasks import keep_fonts
from bootstrap.toolbox import Toolbox
from domain.holding_facts import holdings_id
from domain.holdings import Holdings
from domain.unavailable import Missing
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.marketdata.quotes import PostgresQuotes
from infrastructure.marketdata.rates import TenantRatesReader
from infrastructure.postgres.reads import TenantReads

GONE = Missing(
    code="dataset_gone",
    detail="The figures of the optimisation are not kept any more; run it again for its risk.",
)
BESIDE = Missing(code="said_elsewhere", detail="`turnover_one_way` says what the trades turn over.")


async def what_if(toolbox: Toolbox, tenant: str, request: WhatIfTask, attachment: bytes) -> WhatIf:
    """Return what applying a result to a portfolio would lead to; nothing is recorded."""
    past = await toolbox.events.portfolio_at(tenant, request.portfolio_id, as_of=None, known_at=None)
    wanted = Wanted(
        weights=request.weights,
        assets=request.assets,
        allocation_type=request.allocation_type,
        band_kind=request.band_kind,
        band=request.band,
    )
    question = Question(
        portfolio=past.portfolio,
        holdings=_holdings(past, tenant, request.portfolio_id),
        wanted=wanted,
        hold_back_days=toolbox.settings.hold_back_days,
    )
    content = await toolbox.datasets.read(tenant, request.dataset_hash)
    dataset = None if content is None else Dataset.decoded(content)
    async with toolbox.ledger.unit(_reader(tenant)) as known:
        lookout = Lookout(
            PostgresQuotes(TenantReads(toolbox.connections)),
            TenantRatesReader(toolbox.connections, _bank()),
            await toolbox.market(tenant),
        )
        measure = partial(_measured, dataset, request)
        return await would_be(question, lookout=lookout, known=known, measure=measure)


async def report(toolbox: Toolbox, tenant: str, request: OptimizationReport, attachment: bytes) -> ReportPage:
    """Return an optimisation as a page."""
    keep_fonts(toolbox)
    from infrastructure.report.optimization_page import render

    return ReportPage(html=render(request))


def _measured(dataset: Dataset | None, request: WhatIfTask, weights: dict[str, float]) -> Measured:
    if dataset is None:
        return None, {"metrics": GONE}
    sample = replace(sample_of(dataset, request.terms), current=None)
    metrics, unavailable = metrics_of(by_asset(weights, dataset), sample)
    return metrics, {**unavailable, "turnover": BESIDE}


def _holdings(past: PastPortfolio, tenant: str, portfolio_id: UUID) -> Holdings:
    return past.holdings or Holdings.start(
        Holdings.Started,
        id=holdings_id(portfolio_id),
        tenant_id=tenant,
        portfolio_id=portfolio_id,
        effective_at=past.recorded_at,
    )


def _reader(tenant: str) -> Caller:
    """Return who looks at the registry and records nothing."""
    return Caller(
        tenant=tenant,
        actor="what-if",
        scopes=frozenset(),
        correlation_id="what-if",
        causation_id=None,
        traceparent=None,
    )


@cache
def _bank() -> EcbRates:
    return EcbRates()
