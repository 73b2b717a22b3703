import asyncio
from typing import Any

import pytest
from httpx import AsyncClient as Api
from tests.support.demo_api import Shelf, a_token

KEY = {"Idempotency-Key": "k-1"}


async def test_the_same_request_twice_has_one_effect_and_one_answer(
    api: Api, shelf: Shelf, basket: dict[str, Any]
) -> None:
    first = await api.post("/v1/baskets", json=basket, headers=KEY)
    again = await api.post("/v1/baskets", json=dict(reversed(basket.items())), headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for header in ("location", "etag", "trimtab-position", "content-type"):
        assert again.headers[header] == first.headers[header]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(shelf.baskets) == 1


async def test_without_a_key_each_request_counts(api: Api, shelf: Shelf, basket: dict[str, Any]) -> None:
    await api.post("/v1/baskets", json=basket)
    await api.post("/v1/baskets", json=basket)
    assert len(shelf.baskets) == 2


async def test_another_payload_with_the_same_key_is_refused(api: Api, basket: dict[str, Any]) -> None:
    await api.post("/v1/baskets", json=basket, headers=KEY)
    other = await api.post("/v1/baskets", json={**basket, "name": "Other"}, headers=KEY)
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reused")


async def test_a_request_that_still_runs_is_a_conflict(
    api: Api, shelf: Shelf, basket: dict[str, Any]
) -> None:
    shelf.proceed.clear()
    first = asyncio.create_task(api.post("/v1/baskets", json=basket, headers=KEY))
    await asyncio.wait_for(shelf.entered.wait(), timeout=10)
    second = await api.post("/v1/baskets", json=basket, headers=KEY)
    assert (second.status_code, second.json()["error"]) == (409, "request_in_progress")
    assert second.headers["retry-after"] == "1"
    shelf.proceed.set()
    assert (await first).status_code == 201


async def test_a_refused_request_is_not_remembered(api: Api, basket: dict[str, Any]) -> None:
    refused = await api.post("/v1/baskets", json={**basket, "name": ""}, headers=KEY)
    assert refused.status_code == 422
    assert (await api.post("/v1/baskets", json=basket, headers=KEY)).status_code == 201


async def test_a_key_is_a_tenants_own(api: Api, shelf: Shelf, basket: dict[str, Any]) -> None:
    await api.post("/v1/baskets", json=basket, headers=KEY)
    other = await api.post("/v1/baskets", json=basket, headers={**KEY, "Authorization": a_token("globex")})
    assert "idempotent-replayed" not in other.headers
    assert len(shelf.baskets) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "é"])
async def test_a_key_is_up_to_255_visible_characters(api: Api, basket: dict[str, Any], key: str) -> None:
    sent = {"Idempotency-Key": key.encode("latin-1")}
    response = await api.post("/v1/baskets", json=basket, headers=sent)  # type: ignore[arg-type]
    assert response.status_code == 422
    assert response.json()["details"]["field"] == "Idempotency-Key"


def an_upload(boundary: str, content: str = "a,b") -> tuple[bytes, dict[str, str]]:
    disposition = 'Content-Disposition: form-data; name="file"; filename="a.csv"'
    body = f"--{boundary}\r\n{disposition}\r\n\r\n{content}\r\n--{boundary}--\r\n"
    return body.encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


async def test_another_boundary_is_the_same_upload(api: Api, shelf: Shelf) -> None:
    for boundary in ("one", "other"):
        body, headers = an_upload(boundary)
        answer = await api.post("/v1/baskets/imports", content=body, headers={**headers, **KEY})
        assert answer.status_code == 200
    assert answer.headers["idempotent-replayed"] == "true"
    assert len(shelf.baskets) == 1


async def test_another_content_is_another_upload(api: Api) -> None:
    body, headers = an_upload("b")
    await api.post("/v1/baskets/imports", content=body, headers={**headers, **KEY})
    body, headers = an_upload("b", content="a,c")
    assert (
        await api.post("/v1/baskets/imports", content=body, headers={**headers, **KEY})
    ).status_code == 422


async def test_a_dry_run_ignores_the_key(api: Api) -> None:
    body, headers = an_upload("b")
    for _ in range(2):
        address = "/v1/baskets/imports?dry_run=true"
        answer = await api.post(address, content=body, headers={**headers, **KEY})
        assert "idempotent-replayed" not in answer.headers
        assert "trimtab-position" not in answer.headers
