"""What the result of an optimisation leads to, on the bundled prices: targets, trades and risk, and a page."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import numpy as np
import pytest
from tests.support.callers import a_caller
from tests.support.market import MarketData
from tests.support.optimization_reports import a_failure, a_result
from tests.support.optimizations import some_figures
from tests.support.service import Service, service_on

from application.optimization.answer import MethodResult, Prepared
from application.optimization.comparison import compared
from application.optimization.dataset import AssetFacts, Dataset
from domain.optimization import OptimizationAsked, OptimizationJob

ClientOf = Callable[[str, frozenset[str] | None], httpx.AsyncClient]
Body = dict[str, Any]
HELD = {"AAPL": 300, "JPM": 200, "XOM": 100}
CASH = 10_000
LAST_DAY = date(2022, 12, 28)
WEIGHTS = {"AAPL": 1 / 3, "KO": 1 / 3, "JPM": 1 / 3}
SECTORS = {"AAPL": "technology", "KO": "consumer_staples", "JPM": "financials"}
ASSETS = tuple(AssetFacts(name=name, ticker=name, sector=sector) for name, sector in SECTORS.items())
JOBS = "/v1/optimizations"


@pytest.fixture
async def service(market_database_url: str) -> AsyncIterator[Service]:
    MarketData(market_database_url, "acme").pin_clock(LAST_DAY)
    async with service_on(market_database_url) as running:
        yield running


@pytest.fixture
async def portfolio_id(api: httpx.AsyncClient) -> str:
    return await a_portfolio(api)


async def a_portfolio(api: httpx.AsyncClient, **said: Any) -> str:
    """A portfolio that holds three of the bundled stocks and cash."""
    registration = {
        "name": "Growth",
        "portfolio_type": "long_only",
        "initial_cash": CASH,
        "inception_date": "2022-12-01",
        **said,
    }
    location = str((await api.post("/v1/portfolios", json=registration)).headers["location"])
    rows = "".join(f"{ticker},{quantity}\n" for ticker, quantity in HELD.items())
    answer = await api.post(
        f"{location}/positions/import?as_of=2022-12-01",
        files={"file": ("held.csv", f"ticker,quantity\n{rows}")},
    )
    assert answer.status_code == 201, answer.text
    return location.rsplit("/", 1)[1]


def some_facts(dataset: Dataset) -> Prepared:
    return Prepared(
        dataset_hash=dataset.hash,
        inputs_hash="a" * 64,
        code_version="1.2.3",
        source="stocks",
        assets=list(dataset.assets),
        periods=dataset.periods,
        periods_per_year=252,
        first_day=None,
        last_day=None,
        currency="USD",
        benchmark=None,
        risk_free=dataset.risk_free,
        dropped=[],
        warnings=[],
    )


def some_dataset() -> Dataset:
    return msgspec.structs.replace(some_figures(assets=tuple(SECTORS)), assets=ASSETS)


async def a_job(
    service: Service,
    results: dict[str, MethodResult] | None = None,
    *,
    ends: bool = True,
    dataset: Dataset | None = None,
) -> str:
    """A job with these results, recorded as its agent does."""
    figures = dataset or some_dataset()
    if dataset is None:
        await service.datasets.keep("acme", figures.hash, figures.encoded())
    known = results or {"HRP": a_result(1, weights=WEIGHTS, risk_contributions=WEIGHTS)}
    facts = msgspec.to_builtins(some_facts(figures))
    apart = ("dataset_hash", "inputs_hash", "code_version")
    asked = OptimizationAsked(
        methods=list(known),
        request={"methods": list(known)},
        facts={name: value for name, value in facts.items() if name not in apart},
        dataset_hash=figures.hash,
        inputs_hash="a" * 64,
        code_version="1.2.3",
    )
    async with service.ledger.unit(a_caller()) as unit:
        job = unit.start(OptimizationJob.request_one("acme", asked, id=uuid4(), at=unit.now))
        job.begin(at=unit.now)
        if ends:
            for name, one in known.items():
                job.finish(name, msgspec.to_builtins(one), at=unit.now)
            job.complete(msgspec.to_builtins(compared(known)), at=unit.now)
        await service.shows((await unit.commit(None)).position)
    return str(job.id)


def asking(portfolio_id: str, **said: Any) -> Body:
    return {"portfolio_id": portfolio_id, "method": "HRP", "allocation_type": "security", **said}


async def test_weights_become_targets_that_add_up_to_one(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    job = await a_job(service)
    answer = await api.post(f"{JOBS}/{job}/apply", json=asking(portfolio_id))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    expected = {"AAPL": 0.333334, "JPM": 0.333333, "KO": 0.333333, "XOM": 0}
    assert {one["bucket"]: one["target_weight"] for one in body["targets"]} == expected
    assert body["sold"] == ["XOM"]
    assert body["cash_weight"] == 0
    assert all(one["created"] and one["changed"] for one in body["targets"])
    assert answer.headers["trimtab-position"]
    listed = (await api.get(f"/v1/portfolios/{portfolio_id}/allocations")).json()["allocations"]
    assert {one["bucket"]: one["target_weight"] for one in listed} == expected
    assert (
        answer.headers["etag"]
        == (await api.get(f"/v1/portfolios/{portfolio_id}/allocations")).headers["etag"]
    )


async def test_the_events_name_the_optimisation_they_come_from(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    job = await a_job(service)
    await api.post(f"{JOBS}/{job}/apply", json=asking(portfolio_id))
    query = {"type": "portfolio.target-set"}
    told = (await api.get(f"/v1/portfolios/{portfolio_id}/events", params=query)).json()["events"]
    assert {one["causation_id"] for one in told} == {f"optimization/{job}"}


async def test_applied_again_it_changes_nothing(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    job = await a_job(service)
    first, second = [await api.post(f"{JOBS}/{job}/apply", json=asking(portfolio_id)) for _ in range(2)]
    assert first.headers["etag"] == second.headers["etag"]
    assert "trimtab-position" not in second.headers
    assert not any(one["created"] or one["changed"] for one in second.json()["targets"])


async def test_another_result_takes_the_place_of_the_first(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    await api.post(f"{JOBS}/{await a_job(service)}/apply", json=asking(portfolio_id))
    other = await a_job(service, {"HRP": a_result(1, weights={"AAPL": 1.0, "KO": 0.0, "JPM": 0.0})})
    body = (await api.post(f"{JOBS}/{other}/apply", json=asking(portfolio_id))).json()
    assert {one["bucket"]: one["target_weight"] for one in body["targets"]} == {"AAPL": 1, "JPM": 0, "XOM": 0}
    assert [one["bucket"] for one in body["removed"]] == ["KO"]


async def test_sectors_and_bands(api: httpx.AsyncClient, service: Service, portfolio_id: str) -> None:
    job = await a_job(service)
    said = asking(portfolio_id, allocation_type="sector", band={"kind": "relative", "width": 0.1})
    answer = await api.post(f"{JOBS}/{job}/apply", json=said)
    assert answer.status_code == 200, answer.text
    targets = {one["bucket"]: one for one in answer.json()["targets"]}
    assert {"technology", "consumer_staples", "financials"} <= targets.keys()
    assert (targets["technology"]["band_kind"], targets["technology"]["band"]) == ("relative", 0.1)


async def test_what_cannot_be_a_target_is_refused_and_nothing_is_set(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    short = await a_job(service, {"HRP": a_result(1, weights={"AAPL": 1.2, "KO": -0.2, "JPM": 0.0})})
    answer = await api.post(f"{JOBS}/{short}/apply", json=asking(portfolio_id))
    assert answer.status_code == 422
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [("method", "short_weight")]
    placeless = await api.post(
        f"{JOBS}/{await a_job(service)}/apply", json=asking(portfolio_id, allocation_type="geography")
    )
    assert placeless.status_code == 422
    assert "geography of AAPL, KO, JPM is not known" in placeless.json()["detail"]
    assert (await api.get(f"/v1/portfolios/{portfolio_id}/allocations")).json()["allocations"] == []


@pytest.mark.parametrize("action", ["apply", "what-if"])
async def test_a_method_must_be_known_asked_for_and_done(
    api: httpx.AsyncClient, service: Service, portfolio_id: str, action: str
) -> None:
    job = await a_job(service, {"HRP": a_result(1, weights=WEIGHTS), "MinVol": a_failure()})
    unknown = await api.post(f"{JOBS}/{job}/{action}", json=asking(portfolio_id, method="Magic"))
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "method")
    other = await api.post(f"{JOBS}/{job}/{action}", json=asking(portfolio_id, method="NCO"))
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "not_in_job")
    failed = await api.post(f"{JOBS}/{job}/{action}", json=asking(portfolio_id, method="MinVol"))
    assert (failed.status_code, failed.json()["error"]) == (409, "method_failed")
    assert "At most 4 % each" in failed.json()["detail"]
    running = await a_job(service, ends=False)
    early = await api.post(f"{JOBS}/{running}/{action}", json=asking(portfolio_id))
    assert (early.status_code, early.json()["error"]) == (409, "not_completed")


@pytest.mark.parametrize("action", ["apply", "what-if"])
async def test_an_archived_portfolio_takes_no_result(
    api: httpx.AsyncClient, service: Service, portfolio_id: str, action: str
) -> None:
    job = await a_job(service)
    assert (await api.delete(f"/v1/portfolios/{portfolio_id}")).status_code == 204
    answer = await api.post(f"{JOBS}/{job}/{action}", json=asking(portfolio_id))
    assert answer.status_code == 409


async def test_a_portfolio_that_has_changed_is_not_overwritten(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    job = await a_job(service)
    headers = {"If-Match": '"99"'}
    answer = await api.post(f"{JOBS}/{job}/apply", json=asking(portfolio_id), headers=headers)
    assert answer.status_code == 412


async def test_a_repeated_key_is_one_application(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    job = await a_job(service)
    headers = {"Idempotency-Key": "apply-1"}
    first, second = [
        await api.post(f"{JOBS}/{job}/apply", json=asking(portfolio_id), headers=headers) for _ in range(2)
    ]
    assert second.headers["idempotent-replayed"] == "true"
    assert first.json() == second.json()


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("POST", "apply", {"portfolios:write"}),
        ("POST", "apply", {"optimize"}),
        ("POST", "what-if", {"optimize"}),
        ("POST", "what-if", {"portfolios:read"}),
        ("GET", "report", {"portfolios:read"}),
    ],
    ids=str,
)
async def test_both_scopes_are_needed(
    client_of: ClientOf, service: Service, portfolio_id: str, method: str, path: str, scopes: set[str]
) -> None:
    job = await a_job(service)
    narrow = client_of("acme", frozenset(scopes))
    body = asking(portfolio_id) if method == "POST" else None
    answer = await narrow.request(method, f"{JOBS}/{job}/{path}", json=body)
    assert answer.status_code == 403, answer.text


async def test_nobody_else_s_job_or_portfolio(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    job = await a_job(service)
    theirs = await a_portfolio(stranger)
    for action in ("apply", "what-if"):
        assert (await stranger.post(f"{JOBS}/{job}/{action}", json=asking(theirs))).status_code == 404
        assert (await api.post(f"{JOBS}/{job}/{action}", json=asking(theirs))).status_code == 404
        nobody = asking(str(uuid4()))
        assert (await api.post(f"{JOBS}/{job}/{action}", json=nobody)).status_code == 404
    assert (await stranger.get(f"{JOBS}/{job}/report")).status_code == 404


async def what_if(api: httpx.AsyncClient, job: str, body: Body) -> Body:
    answer = await api.post(f"{JOBS}/{job}/what-if", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_what_if_tells_the_trades_and_changes_nothing(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    job = await a_job(service)
    before = await api.get(f"/v1/portfolios/{portfolio_id}")
    found = await what_if(api, job, asking(portfolio_id))
    after = await api.get(f"/v1/portfolios/{portfolio_id}")
    assert before.json() == after.json()
    assert (await api.get(f"/v1/portfolios/{portfolio_id}/allocations")).json()["allocations"] == []
    assert found["rebalance_needed"]
    sides = {one["ticker"]: one["side"] for one in found["trades"]}
    assert sides == {"AAPL": "sell", "XOM": "sell", "KO": "buy", "JPM": "buy"}
    weights = {one["bucket"]: one["actual_weight"] for one in found["after"]}
    assert weights == pytest.approx({"AAPL": 1 / 3, "JPM": 1 / 3, "KO": 1 / 3, "XOM": 0}, abs=1e-4)
    traded = sum(Decimal(str(one["value"])) for one in found["trades"])
    assert found["turnover_two_way"] == pytest.approx(float(traded) / found["total_value"])


async def test_risk_before_and_after_is_that_of_the_job_s_figures(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    found = await what_if(api, await a_job(service), asking(portfolio_id))
    dataset = some_dataset()
    assert dataset.returns is not None
    returns = np.frombuffer(dataset.returns, dtype="<f8").reshape(-1, len(SECTORS))
    for side in found["risk"].values():
        weights = np.array([side["weights"][name] for name in SECTORS])
        daily = returns @ weights
        assert side["metrics"]["volatility"] == pytest.approx(daily.std(ddof=1) * 252**0.5)
        assert sum(weights) + side["cash_weight"] == pytest.approx(1)
        assert (side["metrics"]["turnover"], side["unavailable"]["turnover"]["code"]) == (
            None,
            "said_elsewhere",
        )
    assert found["risk"]["before"]["covered"] < 1
    assert found["risk"]["after"]["covered"] == pytest.approx(1)
    assert found["risk"]["after"]["weights"] == pytest.approx(WEIGHTS, abs=1e-4)


async def test_what_was_foretold_is_what_comes(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    job = await a_job(service)
    foretold = await what_if(api, job, asking(portfolio_id))
    await api.post(f"{JOBS}/{job}/apply", json=asking(portfolio_id))
    drift = (await api.get(f"/v1/portfolios/{portfolio_id}/drift")).json()
    assert drift["buckets"] == foretold["drift"]
    assert await what_if(api, job, asking(portfolio_id)) == {**foretold, "removed": []}


async def test_a_bought_name_without_a_price_is_told(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    assets = (*ASSETS[:2], AssetFacts(name="NOPE", ticker="NOPE", sector="energy"))
    dataset = msgspec.structs.replace(some_dataset(), assets=assets)
    await service.datasets.keep("acme", dataset.hash, dataset.encoded())
    results = {"HRP": a_result(1, weights={"AAPL": 0.4, "KO": 0.3, "NOPE": 0.3})}
    found = await what_if(api, await a_job(service, results, dataset=dataset), asking(portfolio_id))
    assert "no_price" in [one["code"] for one in found["warnings"]]


async def test_prices_too_old_to_trade_at_are_told(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    job = await a_job(service)
    assert "stale" not in [one["code"] for one in (await what_if(api, job, asking(portfolio_id)))["warnings"]]
    MarketData(service.database_url, "acme").pin_clock(date(2023, 6, 1))
    warnings = {
        one["code"]: one["detail"] for one in (await what_if(api, job, asking(portfolio_id)))["warnings"]
    }
    assert "AAPL of 2022-12-28 (155 days)" in warnings["stale"]


async def test_what_keeps_cash_is_told_and_kept(api: httpx.AsyncClient, service: Service) -> None:
    policy = {"cash_buffer": 0.05, "cost_bps": 10}
    portfolio_id = await a_portfolio(api, rebalance_policy=policy)
    found = await what_if(api, await a_job(service), asking(portfolio_id))
    assert [one["code"] for one in found["warnings"]] == ["cash_kept"]
    assert found["residual_cash"] / found["total_value"] == pytest.approx(0.05, abs=0.002)
    assert found["total_cost"] == pytest.approx(
        0.001 * sum(one["value"] for one in found["trades"]), abs=0.05
    )
    assert found["risk"]["after"]["cash_weight"] == pytest.approx(0.05, abs=0.002)


async def test_a_target_for_cash_and_a_result_hold_together(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    cash = {"allocation_type": "asset_class", "bucket": "cash", "target_weight": 0.2}
    assert (await api.post(f"/v1/portfolios/{portfolio_id}/allocations", json=cash)).status_code == 201
    found = await what_if(api, await a_job(service), asking(portfolio_id))
    assert [one["code"] for one in found["warnings"]] == ["cash_kept", "other_targets"]
    assert found["conflicts"] == []
    after = {one["bucket"]: one["actual_weight"] for one in found["after"]}
    assert after["cash"] == pytest.approx(0.2, abs=1e-3)
    assert after["KO"] == pytest.approx(0.8 / 3, abs=1e-3)


async def test_figures_that_are_not_kept_any_more_leave_the_trades(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    job = await a_job(service, dataset=some_dataset())
    found = await what_if(api, job, asking(portfolio_id))
    assert found["trades"]
    assert found["risk"]["before"]["metrics"] is None
    assert found["risk"]["before"]["unavailable"]["metrics"]["code"] == "dataset_gone"


async def test_an_empty_portfolio_has_nothing_to_weigh(api: httpx.AsyncClient, service: Service) -> None:
    body = {"name": "Empty", "portfolio_type": "long_only", "inception_date": "2022-12-01"}
    empty = (await api.post("/v1/portfolios", json=body)).headers["location"].rsplit("/", 1)[1]
    found = await what_if(api, await a_job(service), asking(empty))
    assert found["trades"] == []
    assert found["warnings"][0]["code"] == "no_trades"


async def test_the_report_is_a_page_without_scripts(api: httpx.AsyncClient, service: Service) -> None:
    job = await a_job(service)
    answer = await api.get(f"{JOBS}/{job}/report")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.text.startswith("<!doctype html>")
    assert "<script" not in answer.text
    assert "HRP" in answer.text
    assert (await api.get(f"{JOBS}/{job}/report")).content == answer.content


async def test_there_is_no_report_before_the_end(api: httpx.AsyncClient, service: Service) -> None:
    answer = await api.get(f"{JOBS}/{await a_job(service, ends=False)}/report")
    assert (answer.status_code, answer.json()["error"]) == (409, "not_completed")
