from typing import Any
from uuid import uuid4

import httpx
import pytest

Body = dict[str, Any]
TECHNOLOGY: Body = {
    "allocation_type": "sector",
    "bucket": "technology",
    "target_weight": 0.25,
    "min_weight": 0.15,
    "max_weight": 0.35,
}


async def test_a_first_target_is_created_and_a_second_replaces_it(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    first = await api.post(f"{portfolio}/allocations", json=TECHNOLOGY)
    again = await api.post(f"{portfolio}/allocations", json={**TECHNOLOGY, "target_weight": "0.30"})
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (again.status_code, again.json()["created"], again.json()["target_weight"]) == (200, False, 0.3)
    assert first.json()["id"] == again.json()["id"]
    assert (await api.get(first.headers["location"])).json()["target_weight"] == 0.3


async def test_the_answer_has_the_fields_of_the_contract(api: httpx.AsyncClient, portfolio: str) -> None:
    body = (
        await api.post(
            f"{portfolio}/allocations",
            json={"allocation_type": "geography", "bucket": "us", "target_weight": 0.5},
        )
    ).json()
    assert body.keys() == {
        "id", "portfolio_id", "allocation_type", "bucket", "target_weight", "min_weight", "max_weight",
        "band_kind", "band", "created",
    }  # fmt: skip
    assert (body["bucket"], body["min_weight"], body["max_weight"]) == ("US", 0, 1)
    assert (body["band_kind"], body["band"]) == (None, None)


async def test_a_band_without_a_kind_is_absolute(api: httpx.AsyncClient, portfolio: str) -> None:
    plain = (await api.post(f"{portfolio}/allocations", json={**TECHNOLOGY, "band": 0.02})).json()
    assert (plain["band_kind"], plain["band"]) == ("absolute", 0.02)
    relative = {**TECHNOLOGY, "band_kind": "relative", "band": "0.2"}
    told = (await api.post(f"{portfolio}/allocations", json=relative)).json()
    assert (told["band_kind"], told["band"]) == ("relative", 0.2)


async def test_all_that_is_wrong_with_a_target_is_said_at_once(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    answer = await api.post(
        f"{portfolio}/allocations",
        json={"allocation_type": "colour", "target_weight": 1.1, "band": -1, "max_weight": 2},
    )
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {
        "allocation_type", "bucket", "target_weight", "band", "max_weight",
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [{"min_weight": 0.3}, {"max_weight": 0.2}, {"allocation_type": "asset_class", "bucket": "notes"}],
)
async def test_a_target_outside_its_own_limits_is_refused(
    api: httpx.AsyncClient, portfolio: str, changes: Body
) -> None:
    answer = await api.post(f"{portfolio}/allocations", json={**TECHNOLOGY, **changes})
    assert answer.status_code == 422


async def test_targets_of_one_type_beyond_one_are_refused_by_name(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    await api.post(f"{portfolio}/allocations", json={**TECHNOLOGY, "max_weight": 1, "target_weight": 0.6})
    energy = {"allocation_type": "sector", "bucket": "energy", "target_weight": 0.5}
    answer = await api.post(f"{portfolio}/allocations", json=energy)
    assert answer.status_code == 422
    assert "technology 0.6" in answer.json()["detail"]
    assert "energy 0.5" in answer.json()["detail"]


async def test_a_removed_target_is_gone(api: httpx.AsyncClient, portfolio: str) -> None:
    address = (await api.post(f"{portfolio}/allocations", json=TECHNOLOGY)).headers["location"]
    assert (await api.delete(address)).status_code == 204
    assert (await api.get(f"{portfolio}/allocations")).json() == {"allocations": []}
    assert (await api.delete(address)).status_code == 404
    assert (await api.get(address)).status_code == 404
    assert (await api.delete(f"{portfolio}/allocations/{uuid4()}")).status_code == 404


async def test_a_target_is_set_on_the_version_seen(api: httpx.AsyncClient, portfolio: str) -> None:
    tag = (await api.get(portfolio)).headers["etag"]
    address = f"{portfolio}/allocations"
    assert (await api.post(address, json=TECHNOLOGY, headers={"If-Match": tag})).status_code == 201
    assert (await api.post(address, json=TECHNOLOGY, headers={"If-Match": tag})).status_code == 412


async def test_drift_is_measured_bucket_by_bucket(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    await api.post(f"{portfolio}/allocations", json=TECHNOLOGY)
    drift = (await api.get(f"{portfolio}/drift")).json()
    (technology,) = drift["buckets"]
    assert technology["actual_weight"] == pytest.approx(17584 / 42584)
    assert technology["drift"] == pytest.approx(17584 / 42584 - 0.25)
    assert (technology["lower"], technology["upper"]) == (0.2, 0.3)
    assert (technology["status"], technology["breached"]) == ("outside_limits", True)
    assert drift["outside"] == [technology]
    assert (drift["rebalance_needed"], drift["total_value"]) == (True, 42584)
    assert drift["max_drift_pct"] == pytest.approx(drift["max_abs_drift"] * 100)


async def test_drift_agrees_with_the_list(api: httpx.AsyncClient, portfolio: str, holding: Body) -> None:
    await api.post(f"{portfolio}/allocations", json=TECHNOLOGY)
    drift = (await api.get(f"{portfolio}/drift")).json()
    row = (await api.get("/v1/portfolios")).json()["portfolios"][0]
    assert row["max_drift_pct"] == pytest.approx(drift["max_drift_pct"])
    assert row["rebalance_needed"] == drift["rebalance_needed"]


async def test_conflicts_are_none_inside_the_bands_and_unknown_until_the_agent_has_looked(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    wide = {**TECHNOLOGY, "target_weight": 0.4, "max_weight": 1}
    await api.post(f"{portfolio}/allocations", json=wide)
    inside = (await api.get(f"{portfolio}/drift")).json()
    assert (inside["conflicts"], inside["rebalance_needed"]) == ([], False)
    await api.post(f"{portfolio}/allocations", json=TECHNOLOGY)
    outside = (await api.get(f"{portfolio}/drift")).json()
    assert outside["conflicts"] is None
    assert outside["unavailable"]["conflicts"]["code"] == "not_computed"


async def test_drift_without_targets_says_so(api: httpx.AsyncClient, portfolio: str) -> None:
    drift = (await api.get(f"{portfolio}/drift")).json()
    assert (drift["buckets"], drift["max_abs_drift"], drift["rebalance_needed"]) == ([], None, False)
    assert drift["unavailable"]["max_abs_drift"]["code"] == "no_targets"


async def test_positions_that_no_weight_contains_are_named(api: httpx.AsyncClient, portfolio: str) -> None:
    await api.post(
        f"{portfolio}/positions", json={"symbol": "XYZ", "quantity": 1, "price": 5, "currency": "AFN"}
    )
    drift = (await api.get(f"{portfolio}/drift")).json()
    assert [(one["ticker"], one["code"]) for one in drift["excluded"]] == [("XYZ", "no_rate")]


async def test_targets_and_drift_of_another_moment(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    before = (await api.get("/v1/portfolios")).json()["portfolios"][0]["projected_at"]
    await api.post(f"{portfolio}/allocations", json=TECHNOLOGY)
    then = {"known_at": before}
    assert (await api.get(f"{portfolio}/allocations", params=then)).json() == {"allocations": []}
    assert (await api.get(f"{portfolio}/drift", params=then)).json()["buckets"] == []
    now = (await api.get(f"{portfolio}/drift")).json()
    later = (await api.get(f"{portfolio}/drift?as_of=2900-01-01")).json()
    assert later["buckets"] == now["buckets"]


async def test_an_archived_portfolio_takes_no_targets(api: httpx.AsyncClient, portfolio: str) -> None:
    await api.delete(portfolio)
    assert (await api.post(f"{portfolio}/allocations", json=TECHNOLOGY)).status_code == 409


async def test_a_sector_is_one_bucket_however_it_is_spelled(api: httpx.AsyncClient, portfolio: str) -> None:
    rows = b"ticker,quantity,current_price,sector\nMSFT,10,10,Information Technology\n"
    await api.post(f"{portfolio}/positions/import", files={"file": ("p.csv", rows)})
    bought = {"symbol": "AAPL", "quantity": 30, "price": 10, "sector": "Tech"}
    await api.post(f"{portfolio}/positions", json=bought)
    asked = {"allocation_type": "sector", "bucket": "Information Technology", "target_weight": 1}
    assert (await api.post(f"{portfolio}/allocations", json=asked)).json()["bucket"] == "technology"
    (bucket,) = (await api.get(f"{portfolio}/drift")).json()["buckets"]
    assert (bucket["bucket"], round(bucket["actual_weight"], 4)) == ("technology", 0.0157)  # 400 of 25,400
    listed = await api.get(f"{portfolio}/positions", params={"sector": "information technology"})
    assert listed.json()["total"] == 2
