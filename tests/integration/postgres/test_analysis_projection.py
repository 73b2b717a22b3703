"""Figures as the read models show them, on the real projector."""

from typing import Any
from uuid import UUID

import msgspec
from tests.support.callers import a_caller
from tests.support.service import Service

from application.portfolios.register import RegisterPortfolio, register_portfolio
from domain.analysis import AttributionStudy, FactorStudy, Found, RiskStudy
from domain.unavailable import Missing
from infrastructure.postgres.connect import connector
from infrastructure.postgres.projections.analyses import AnalysisProjection
from infrastructure.postgres.rebuild import rebuild

WHY = {"code": "too_few_observations", "detail": "60 returns are needed."}
RISK = {
    "var_95_1d": 0.0142,
    "sharpe_ratio": None,
    "beta": None,
    "macro_regime": "risk_on",
    "unavailable": {"sharpe_ratio": WHY, "beta": WHY},
}
HEADLINE = {
    "as_of": "2024-06-03",
    "day_change": 12.5,
    "day_change_percent": 0.5,
    "ytd_return": 0.08,
    "active_return_ytd": None,
    "unavailable": {"active_return_ytd": WHY},
}


async def a_portfolio(service: Service) -> UUID:
    command = RegisterPortfolio(caller=a_caller(), name="Global Equity")
    return (await register_portfolio(command, ledger=service.ledger)).result.id


async def computed(service: Service, portfolio_id: UUID, position: int, hhi: float = 0.1) -> None:
    """Record risk and factors as agents do, in one command."""
    found = Found(source_position=position, market_version=1, snapshot={**RISK, "hhi": hhi})
    async with service.ledger.unit(a_caller()) as unit:
        (await unit.study(RiskStudy, portfolio_id)).compute(found, HEADLINE, at=unit.now)
        (await unit.study(FactorStudy, portfolio_id)).compute(found, at=unit.now)
        await service.shows((await unit.commit(None)).position)


async def attributed(service: Service, portfolio_id: UUID, period: str, **given: Any) -> None:
    facts: dict[str, Any] = {"source_position": 1, "market_version": 1, "snapshot": {"period": period}}
    async with service.ledger.unit(a_caller()) as unit:
        study = await unit.study(AttributionStudy, portfolio_id)
        study.compute(Found(**(facts | given)), period=period, by="sector", linking="carino", at=unit.now)
        await service.shows((await unit.commit(None)).position)


async def differences(service: Service) -> set[int]:
    async with await connector(service.database_url, "rebuild")() as connection:
        found = await rebuild(
            connection, service.database_url, AnalysisProjection(), lambda done, total: None
        )
    return set(found.values())


async def test_the_newest_figures_are_shown_as_they_were_computed(service: Service) -> None:
    portfolio_id = await a_portfolio(service)
    assert await service.analyses.latest("acme", portfolio_id, "risk") is None
    await computed(service, portfolio_id, 3)
    await computed(service, portfolio_id, 5, hhi=0.30000000000000004)
    risk = await service.analyses.latest("acme", portfolio_id, "risk")
    factors = await service.analyses.latest("acme", portfolio_id, "factors")
    assert risk is not None
    assert factors is not None
    assert msgspec.json.decode(risk.content)["hhi"] == 0.30000000000000004
    assert (risk.source_position, risk.refusal) == (5, None)
    assert factors.position == risk.position + 1


async def test_another_tenant_sees_no_figures(service: Service) -> None:
    portfolio_id = await a_portfolio(service)
    await computed(service, portfolio_id, 3)
    assert await service.analyses.latest("rival", portfolio_id, "risk") is None


async def test_attributions_stand_beside_each_other(service: Service) -> None:
    portfolio_id = await a_portfolio(service)
    why = Missing(code="no_constituents", detail="Import the constituents of SPY.")
    await attributed(service, portfolio_id, "ytd")
    await attributed(service, portfolio_id, "2024", snapshot=None, refusal=why)
    wanted = {"by": "sector", "linking": "carino"}
    ytd = await service.analyses.attribution("acme", portfolio_id, period="ytd", **wanted)
    refused = await service.analyses.attribution("acme", portfolio_id, period="2024", **wanted)
    assert ytd is not None
    assert refused is not None
    assert msgspec.json.decode(ytd.content) == {"period": "ytd"}
    assert (bytes(refused.content), refused.refusal) == (b"null", why)
    assert await service.analyses.attribution("acme", portfolio_id, period="1y", **wanted) is None


async def test_a_rebuild_shows_the_same_figures(service: Service) -> None:
    portfolio_id = await a_portfolio(service)
    for position in (3, 5):
        await computed(service, portfolio_id, position)
        await attributed(service, portfolio_id, "ytd", source_position=position)
    assert await differences(service) == {0}
