"""Bad input gets an answer that helps, and changes nothing."""

import socket
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
from tests.e2e.things import a_portfolio
from tests.support.running import RunningService

PROBLEM_JSON = "application/problem+json"


@pytest.fixture
def client(running_service: RunningService) -> Iterator[httpx.Client]:
    with running_service.client("careless") as http:
        yield http


def refused(answer: httpx.Response, status: int, error: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM_JSON
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["detail"] == body["message"]
    assert body["request_id"]
    assert error in (None, body["error"])
    return body


def a_bomb() -> bytes:
    """A workbook of a few kilobytes that unpacks to hundreds of megabytes."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "statuses"),
    [
        ("empty.csv", b"", (422,)),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, (422,)),
        ("letter.csv", b"Dear Sir or Madam,\nplease find enclosed nothing.\n", (422,)),
        ("nul.csv", b"ticker,quantity\nAA\0PL,1\n", (201, 422)),
        ("bomb.xlsx", a_bomb(), (413, 422)),
        ("no.xlsx", b"PK\x03\x04 not a zip", (422,)),
    ],
)
def test_a_hostile_file_is_refused_and_nothing_happens(
    client: httpx.Client,
    running_service: RunningService,
    name: str,
    content: bytes,
    statuses: tuple[int, ...],
) -> None:
    path = a_portfolio(client)
    answer = client.post(f"{path}/positions/import", files={"file": (name, content)})
    assert answer.status_code in statuses
    if answer.status_code != 201:
        refused(answer, answer.status_code)
        assert client.get(f"{path}/imports").json()["total"] == 0
    assert client.get(f"{path}/positions").json()["total"] == 0
    assert running_service.healthy()


def test_all_violations_come_in_one_answer(client: httpx.Client) -> None:
    sent = {
        "name": "",
        "portfolio_type": "hedge",
        "currency": "XXX",
        "colour": "blue",
        "rebalance_threshold": 2,
    }
    body = refused(client.post("/v1/portfolios", json=sent), 422, "validation_failed")
    assert {one["field"] for one in body["errors"]} == sent.keys()


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b'{"name": "\xff"}', "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"<a/>", "headers": {"Content-Type": "application/xml"}}, 415),
        ({"content": b" " * 2_000_000, "headers": {"Content-Type": "application/json"}}, 413),
        ({"json": {}}, 422),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused(
    client: httpx.Client, request_of: dict[str, Any], status: int
) -> None:
    refused(client.post("/v1/portfolios", **request_of), status)


def test_what_is_not_there_and_what_cannot_be_done_there_are_problems_too(client: httpx.Client) -> None:
    refused(client.get("/v1/nothing"), 404, "not_found")
    refused(client.get("/v1/portfolios/11111111-1111-1111-1111-111111111111"), 404, "not_found")
    refused(client.put("/v1/portfolios", json={}), 405)
    refused(client.get("/v1/portfolios?limit=201"), 422)
    refused(client.get("/v1/portfolios?colour=blue"), 422)


def test_what_is_no_http_is_answered_with_a_problem_as_well(running_service: RunningService) -> None:
    with socket.create_connection(("127.0.0.1", running_service.port), timeout=5) as connection:
        connection.sendall(b"GET /v1/portfolios HTTP/1.1\r\nHost: x\r\nName: a\x0bb\r\n\r\n")
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert f"content-type: {PROBLEM_JSON}".encode() in head
    assert b'"error":"bad_request"' in body


def test_a_withdrawal_beyond_the_balance_is_refused_and_moves_nothing(client: httpx.Client) -> None:
    path = a_portfolio(client, initial_cash=100)
    body = refused(client.post(f"{path}/cash", json={"amount": "-100.01"}), 422)
    assert "100" in body["detail"]
    assert client.get(path).json()["portfolio"]["cash_balance"] == 100
