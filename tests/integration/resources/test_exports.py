"""Tables as files, as a client with a spreadsheet sees them."""

import csv
import io
from datetime import datetime
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from api.exports.negotiation import CSV, XLSX

Body = dict[str, Any]


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def sheets_of(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == XLSX
    return load_workbook(io.BytesIO(answer.content))


async def test_positions_are_the_same_in_every_form(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    address = f"{portfolio}/positions"
    [told] = (await api.get(address)).json()["positions"]
    [row] = rows_of(await api.get(address, headers={"Accept": CSV}))
    book = sheets_of(await api.get(address, headers={"Accept": XLSX}))
    header, cells = ([cell.value for cell in line] for line in book["positions"])
    assert list(row) == header
    assert row["ticker"] == told["ticker"] == cells[header.index("ticker")]
    assert float(row["market_value"]) == told["market_value"] == cells[header.index("market_value")] == 17584
    assert row["projected_at"] == told["projected_at"]
    assert isinstance(cells[header.index("projected_at")], datetime)


async def test_format_goes_before_accept(api: httpx.AsyncClient, portfolio: str) -> None:
    address = f"{portfolio}/positions"
    asked = await api.get(address, params={"format": "json"}, headers={"Accept": CSV})
    assert asked.headers["content-type"] == "application/json"
    assert rows_of(await api.get(address, params={"format": "csv"}, headers={"Accept": XLSX})) == []


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json, text/csv;q=0.5",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "text/csv;q=0",
        "*/*, text/csv;q=0",
    ],
)
async def test_json_stays_the_answer_to_whoever_takes_anything(
    api: httpx.AsyncClient, portfolio: str, accept: str
) -> None:
    answer = await api.get(f"{portfolio}/positions", headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] == "accept"


async def test_pages_hold_for_files_too_and_the_total_is_said(api: httpx.AsyncClient, portfolio: str) -> None:
    for symbol in ("AAPL", "MSFT", "JNJ"):
        await api.post(f"{portfolio}/positions", json={"symbol": symbol, "quantity": 1, "price": 10})
    page = await api.get(f"{portfolio}/positions", params={"format": "csv", "limit": 2})
    assert len(rows_of(page)) == 2
    assert page.headers["x-total-count"] == "3"


async def test_a_file_has_a_name_that_says_what_it_is(api: httpx.AsyncClient, portfolio: str) -> None:
    answer = await api.get(f"{portfolio}/positions", params={"format": "csv"})
    name = f"portfolios-{portfolio.rsplit('/', 1)[-1]}-positions.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


async def test_the_forms_of_one_answer_have_tags_of_their_own(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    address = f"{portfolio}/positions"
    json_tag = (await api.get(address)).headers["etag"]
    csv_tag = (await api.get(address, params={"format": "csv"})).headers["etag"]
    assert csv_tag == json_tag[:-1] + '-csv"'
    as_csv = {"Accept": CSV}
    assert (await api.get(address, headers={**as_csv, "If-None-Match": csv_tag})).status_code == 304
    assert (await api.get(address, headers={**as_csv, "If-None-Match": json_tag})).status_code == 200


async def test_text_from_clients_runs_nowhere(api: httpx.AsyncClient, portfolio: str) -> None:
    formula = "=HYPERLINK('http://evil.example')"
    await api.post(
        f"{portfolio}/positions",
        json={"symbol": "AAPL", "quantity": 1, "price": 10, "security_name": formula, "account": "-1+1"},
    )
    [row] = rows_of(await api.get(f"{portfolio}/positions", params={"format": "csv"}))
    assert (row["security_name"], row["account"]) == (f"'{formula}", "'-1+1")
    book = sheets_of(await api.get(f"{portfolio}/positions", params={"format": "xlsx"}))
    cell = next(cell for cell in book.active[2] if cell.value == formula)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


@pytest.mark.parametrize(
    ("path", "sheets"),
    [
        ("positions", ["positions"]),
        ("allocations", ["allocations"]),
        ("drift", ["buckets", "excluded"]),
        ("imports", ["imports"]),
        ("events", ["events"]),
        ("recommendations", ["recommendations", "recommendations.trades"]),
    ],
)
async def test_every_table_of_a_portfolio_is_a_workbook(
    api: httpx.AsyncClient, portfolio: str, holding: Body, path: str, sheets: list[str]
) -> None:
    book = sheets_of(await api.get(f"{portfolio}/{path}", params={"format": "xlsx"}))
    assert book.sheetnames == sheets
    assert all(len(list(sheet.columns)) > 1 for sheet in book)


async def test_the_list_of_portfolios_is_a_table(api: httpx.AsyncClient, portfolio: str) -> None:
    [row] = rows_of(await api.get("/v1/portfolios", headers={"Accept": CSV}))
    assert row["name"] == "Growth"


async def test_one_of_several_tables_can_be_chosen(api: httpx.AsyncClient, portfolio: str) -> None:
    answer = await api.get(f"{portfolio}/drift", params={"format": "csv", "table": "excluded"})
    assert answer.text.splitlines()[0] == "position_id,ticker,code"
    assert answer.headers["content-disposition"].endswith('-drift-excluded.csv"')


@pytest.mark.parametrize("params", [{"format": "pdf"}, {"table": "nothing"}])
async def test_a_form_that_does_not_exist_is_refused(
    api: httpx.AsyncClient, portfolio: str, params: dict[str, str]
) -> None:
    answer = await api.get(f"{portfolio}/drift", params=params)
    assert answer.status_code == 422
    assert answer.json()["details"]["field"] == next(iter(params))


async def test_a_refusal_is_a_problem_in_any_form(api: httpx.AsyncClient) -> None:
    answer = await api.get(
        "/v1/portfolios/00000000-0000-0000-0000-000000000000/positions", headers={"Accept": CSV}
    )
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_document_names_the_forms(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    described = document["paths"]["/v1/portfolios/{portfolio_id}/drift"]["get"]
    assert set(described["responses"]["200"]["content"]) == {"application/json", CSV, XLSX}
    known = {one["name"]: one["schema"] for one in described["parameters"]}
    assert known["format"]["enum"] == ["csv", "json", "xlsx"]
    assert known["table"]["enum"] == ["buckets", "excluded"]
