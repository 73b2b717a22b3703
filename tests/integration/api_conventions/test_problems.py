from typing import Any

import pytest
from httpx import AsyncClient as Api
from tests.support.demo_api import Shelf, a_token

from api.uploads import PARTS_MAX, TEXT_BYTES_MAX

MEMBERS = {
    *("type", "title", "status", "detail", "instance", "error", "message", "docs", "errors", "details"),
    *("request_id", "timestamp"),
}


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body.keys() >= MEMBERS
    assert (body["status"], body["error"]) == (status, code)
    assert body["request_id"] == response.headers["x-request-id"]
    return body


async def test_an_unknown_route_is_a_problem_for_strangers_too(api: Api) -> None:
    del api.headers["Authorization"]
    body = problem(await api.get("/v1/nothing?x=1"), 404, "not_found")
    assert body["instance"] == "/v1/nothing"


async def test_another_method_is_a_problem_that_lists_what_is_allowed(api: Api) -> None:
    response = await api.put("/v1/baskets")
    problem(response, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(response.headers["allow"].split(", "))


async def test_options_lists_the_methods_of_every_handler(api: Api) -> None:
    answer = await api.options("/v1/baskets/f47ac10b-58cc-4372-a567-0e02b2c3d479")
    assert (answer.status_code, answer.headers["allow"]) == (204, "DELETE, GET, OPTIONS, PATCH")


@pytest.mark.parametrize("basket_id", ["1", "f47ac10b-58cc-4372-a567-0e02b2c3d47", "%00", "..%2f"])
async def test_an_id_that_cannot_exist_does_not_exist(api: Api, basket_id: str) -> None:
    problem(await api.get(f"/v1/baskets/{basket_id}"), 404, "not_found")


async def test_an_id_that_does_not_exist_is_named(api: Api) -> None:
    missing = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
    assert missing in problem(await api.get(f"/v1/baskets/{missing}"), 404, "not_found")["detail"]


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"name": NaN}', b'{"name": "a", "name": "b"}', b""])
async def test_what_is_no_json_is_a_bad_request(api: Api, body: bytes) -> None:
    problem(await api.post("/v1/baskets", content=body), 400, "bad_request")


async def test_another_content_type_is_unsupported(api: Api) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    problem(await api.post("/v1/baskets", content=b"name=a", headers=headers), 415, "unsupported_media_type")


async def test_a_body_beyond_the_limit_is_too_large(api: Api, basket: dict[str, Any]) -> None:
    response = await api.post("/v1/baskets", json={**basket, "metadata": {"a": "x" * 20_000}})
    problem(response, 413, "content_too_large")


async def test_query_and_body_are_refused_together(api: Api) -> None:
    response = await api.post(
        "/v1/baskets?dry=1", json={"name": "", "cash": -1}, headers={"Trimtab-Position": "x"}
    )
    body = problem(response, 422, "validation_failed")
    assert [(error["pointer"], error["field"], error["code"]) for error in body["errors"]] == [
        (None, "dry", "unknown_parameter"),
        (None, "Trimtab-Position", "malformed"),
        ("/name", "name", "length"),
        ("/kind", "kind", "missing"),
        ("/cash", "cash", "out_of_range"),
    ]
    assert body["details"] == {"field": "dry", "code": "unknown_parameter"}


@pytest.mark.parametrize("limit", ["0", "201", "ten", ""])
async def test_a_parameter_out_of_range_is_refused_and_never_clamped(api: Api, limit: str) -> None:
    body = problem(await api.get(f"/v1/baskets?limit={limit}"), 422, "validation_failed")
    assert body["errors"][0]["field"] == "limit"


async def test_a_stranger_does_not_learn_what_a_body_should_look_like(api: Api) -> None:
    del api.headers["Authorization"]
    problem(await api.post("/v1/baskets?x=1", content=b"{"), 401, "unauthorized")


async def test_a_refusal_of_the_domain_keeps_its_field(api: Api, basket: dict[str, Any]) -> None:
    address = (await api.post("/v1/baskets", json=basket)).headers["location"]
    body = problem(await api.patch(address, json={"name": "taken"}), 409, "conflict")
    assert body["errors"][0]["pointer"] == "/name"


async def test_a_fault_of_ours_tells_nothing(api: Api) -> None:
    response = await api.get("/v1/baskets/broken")
    problem(response, 500, "internal_server_error")
    assert "hunter2" not in response.text


async def test_a_trailing_slash_is_the_same_route(api: Api) -> None:
    assert (await api.get("/v1/baskets/")).json() == (await api.get("/v1/baskets")).json()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nno header\r\n"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n\xff\r\n--b--\r\n',
        ),
        ("multipart/form-data; boundary=b", b""),
    ],
)
async def test_a_broken_upload_is_a_bad_request_or_refused(api: Api, content_type: str, body: bytes) -> None:
    response = await api.post("/v1/baskets/imports", content=body, headers={"Content-Type": content_type})
    assert response.status_code in (400, 422), response.text
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_text_part_of_an_upload_has_a_limit(api: Api) -> None:
    parts = {"file": ("a.csv", b"x"), "note": (None, b"x" * (TEXT_BYTES_MAX + 1))}
    problem(await api.post("/v1/baskets/imports", files=parts), 400, "bad_request")


async def test_the_parts_of_an_upload_have_a_number(api: Api) -> None:
    parts = [("file", ("a.csv", b"x"))] * (PARTS_MAX + 1)
    problem(await api.post("/v1/baskets/imports", files=parts), 400, "bad_request")


async def test_an_upload_without_its_file_names_the_part(api: Api) -> None:
    response = await api.post("/v1/baskets/imports", files={"fyle": ("a.csv", b"x")})
    assert problem(response, 422, "validation_failed")["errors"][0]["field"] == "file"


async def test_json_where_an_upload_is_wanted_is_unsupported(api: Api) -> None:
    problem(await api.post("/v1/baskets/imports", json={}), 415, "unsupported_media_type")


async def test_the_type_of_a_problem_leads_to_its_page(api: Api) -> None:
    address = (await api.get("/v1/nothing")).json()["type"]
    page = await api.get(address)
    assert page.status_code == 200
    assert "Not found" in page.text
    as_json = await api.get(address, headers={"Accept": "application/json"})
    assert as_json.json()["code"] == "not_found"


async def test_a_lost_database_is_unavailable_and_not_our_fault(api: Api, shelf: Shelf) -> None:
    shelf.away["postgresql"] = "no answer."
    body = problem(await api.get("/health"), 503, "service_unavailable")
    assert body["failing"] == ["postgresql"]
    problem(await api.get("/health/ready"), 503, "service_unavailable")


async def test_a_missing_scope_is_forbidden(api: Api) -> None:
    headers = {"Authorization": f"Bearer {a_token(scopes=frozenset({'portfolios:read'}))}"}
    body = problem(await api.post("/v1/baskets", json={}, headers=headers), 403, "forbidden")
    assert "portfolios:write" in body["detail"]


async def test_somebody_elses_basket_does_not_exist(api: Api, basket: dict[str, Any]) -> None:
    address = (await api.post("/v1/baskets", json=basket)).headers["location"]
    problem(await api.get(address, headers={"Authorization": a_token("globex")}), 404, "not_found")


HOW = "Missing or invalid API key. Include header: Authorization: Bearer tt_live_<your-key>"


async def test_a_401_says_how_to_authenticate(api: Api) -> None:
    del api.headers["Authorization"]
    response = await api.get("/v1/baskets")
    body = problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == 'Bearer realm="trimtab"'
    assert body["message"].startswith(HOW)
    assert body["docs"] == "/docs/authentication"
    assert (await api.get(body["docs"])).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer tt_live_nobody"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": ""},
        {"X-API-Key": "tt_live_nobody"},
        {"X-API-Key": "hunter2"},
    ],
)
async def test_a_401_to_a_credential_says_that_it_was_not_accepted(api: Api, headers: dict[str, str]) -> None:
    del api.headers["Authorization"]
    response = await api.get("/v1/baskets", headers=headers)
    assert problem(response, 401, "unauthorized")["message"].startswith(HOW)
    assert response.headers["www-authenticate"] == 'Bearer realm="trimtab", error="invalid_token"'
    (sent,) = headers.values()
    assert not sent or sent.split()[-1] not in response.text
