"""Figures that agents compute, as the list and the portfolio show them."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.support.callers import a_caller
from tests.support.service import Service

from domain.analysis import Found, RiskStudy
from domain.unavailable import Missing

WHY = {"code": "no_benchmark", "detail": "The portfolio names no benchmark."}
RISK: dict[str, Any] = {
    "var_95_1d": 0.0142,
    "var_99_1d": 0.0201,
    "cvar_95_1d": 0.0178,
    "hhi": 0.0312,
    "top5_weight": 0.284,
    "top10_weight": 0.481,
    "portfolio_vol_30d": 0.0652,
    "sharpe_ratio": 1.84,
    "tracking_error": None,
    "information_ratio": None,
    "macro_regime": "risk_on",
    "nav_impact_pct": -0.82,
    "beta": None,
    "unavailable": {"tracking_error": WHY, "information_ratio": WHY, "beta": WHY},
}
HEADLINE: dict[str, Any] = {
    "as_of": "2024-06-03",
    "total_value": 42584.0,
    "day_change": -120.5,
    "day_change_percent": -0.282,
    "ytd_return": 0.0821,
    "active_return_ytd": None,
    "unavailable": {"active_return_ytd": WHY},
}


async def measured(
    service: Service, portfolio: str, snapshot: dict[str, Any] | None, refusal: Missing | None = None
) -> None:
    """Record figures as the risk agent does."""
    portfolio_id = UUID(portfolio.rsplit("/", 1)[-1])
    found = Found(source_position=3, market_version=1, snapshot=snapshot, refusal=refusal)
    async with service.ledger.unit(a_caller()) as unit:
        (await unit.study(RiskStudy, portfolio_id)).compute(found, HEADLINE, at=unit.now)
        await service.shows((await unit.commit(None)).position)


async def test_the_list_shows_what_was_computed_and_why_the_rest_was_not(
    api: httpx.AsyncClient, service: Service, portfolio: str, holding: dict[str, Any]
) -> None:
    await measured(service, portfolio, RISK)
    [line] = (await api.get("/v1/portfolios")).json()["portfolios"]
    shown = ("day_change", "day_change_percent", "ytd_return", "var_95_1d", "sharpe_ratio", "macro_regime")
    assert [line[name] for name in shown] == [-120.5, -0.282, 0.0821, 0.0142, 1.84, "risk_on"]
    assert line["active_return_ytd"] is None
    assert line["unavailable"] == {
        "active_return_ytd": WHY,
        "max_drift_pct": line["unavailable"]["max_drift_pct"],
    }


async def test_a_portfolio_shows_its_risk_and_its_tag_moves_with_it(
    api: httpx.AsyncClient, service: Service, portfolio: str, holding: dict[str, Any]
) -> None:
    before = await api.get(portfolio)
    assert before.json()["risk"] is None
    assert before.json()["unavailable"]["risk"]["code"] == "not_computed"
    await measured(service, portfolio, RISK)
    after = await api.get(portfolio, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    risk = after.json()["risk"]
    assert {name: risk[name] for name in RISK if name in risk and name != "unavailable"} == {
        name: figure for name, figure in RISK.items() if name not in ("beta", "unavailable")
    }
    assert risk["unavailable"] == {"tracking_error": WHY, "information_ratio": WHY}
    assert after.json()["portfolio"]["ytd_return"] == 0.0821
    assert after.json()["unavailable"]["active_return_ytd"] == WHY
    assert (await api.get(portfolio, headers={"If-None-Match": after.headers["etag"]})).status_code == 304


async def test_a_refusal_is_the_reason_of_every_figure(
    api: httpx.AsyncClient, service: Service, portfolio: str, holding: dict[str, Any]
) -> None:
    why = Missing(code="no_history", detail="No price of the past is known.")
    await measured(service, portfolio, None, why)
    [line] = (await api.get("/v1/portfolios")).json()["portfolios"]
    risk = (await api.get(portfolio)).json()["risk"]
    assert line["var_95_1d"] is None
    assert line["unavailable"]["var_95_1d"]["code"] == risk["unavailable"]["hhi"]["code"] == "no_history"


async def test_an_empty_portfolio_says_that_nothing_is_held(api: httpx.AsyncClient, portfolio: str) -> None:
    [line] = (await api.get("/v1/portfolios")).json()["portfolios"]
    assert line["unavailable"]["var_95_1d"]["code"] == "no_positions"


@pytest.mark.parametrize("moment", ["as_of=2024-06-03", "known_at=2030-01-01"])
async def test_the_past_says_where_its_figures_are(
    api: httpx.AsyncClient, portfolio: str, moment: str
) -> None:
    body = (await api.get(f"{portfolio}?{moment}")).json()
    assert "as_of" in body["unavailable"]["risk"]["detail"]
