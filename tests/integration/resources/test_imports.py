import csv
import io
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

UPLOAD_BYTES = 300_000

Body = dict[str, Any]
HEADER = "ticker,security_name,asset_class,quantity,avg_cost_price,current_price,sector,geography\n"
FILE = (
    HEADER
    + "AAPL,Apple,equity,100,150,175.84,technology,US\nMSFT,Microsoft,EQUITY,10,300,400,technology,us\n"
)


async def send(
    api: httpx.AsyncClient, portfolio: str, text: str = FILE, query: str = "", **headers: str
) -> Any:
    files = {"file": ("positions.csv", text.encode(), "text/csv")}
    return await api.post(f"{portfolio}/positions/import{query}", files=files, headers=headers)


async def test_an_import_is_reported_in_the_words_of_the_contract(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    answer = await send(api, portfolio, FILE + "NOTE,A note,structured_note,1,1,1,,US\n")
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{portfolio}/imports/{body['import_id']}"
    assert (body["rows_imported"], body["rows_with_errors"], body["created"]) == (2, 1, 2)
    assert body["agents_fired"] == ["PortfolioRiskAgent", "RebalanceAgent"]
    assert (body["mode"], body["dry_run"], body["rows_unchanged"]) == ("upsert", False, 0)
    (error,) = body["errors"]
    assert (error["row"], error["column"], error["value"]) == (4, "asset_class", "structured_note")
    assert error["error"] == "Unknown asset_class 'structured_note'"
    assert (body["totals_before"]["total_value"], body["totals_after"]["total_value"]) == (25000, 46584)


async def test_imported_positions_are_listed_when_the_answer_comes(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    await send(api, portfolio)
    page = (await api.get(f"{portfolio}/positions")).json()
    assert [row["ticker"] for row in page["positions"]] == ["AAPL", "MSFT"]


async def test_the_same_file_twice_changes_nothing(api: httpx.AsyncClient, portfolio: str) -> None:
    await send(api, portfolio)
    again = (await send(api, portfolio)).json()
    assert (again["rows_unchanged"], again["created"], again["updated"]) == (2, 0, 0)
    assert again["agents_fired"] == []


async def test_a_dry_run_records_nothing(api: httpx.AsyncClient, portfolio: str) -> None:
    answer = await send(api, portfolio, query="?dry_run=true")
    body = answer.json()
    assert (answer.status_code, body["dry_run"], body["import_id"], body["created"]) == (200, True, None, 2)
    assert "location" not in answer.headers
    assert body["agents_fired"] == []
    assert (await api.get(f"{portfolio}/imports")).json()["total"] == 0
    assert (await api.get(f"{portfolio}/positions")).json()["total"] == 0


async def test_a_snapshot_closes_what_the_file_does_not_name(api: httpx.AsyncClient, portfolio: str) -> None:
    await send(api, portfolio)
    body = (await send(api, portfolio, FILE.rsplit("MSFT", 1)[0], "?mode=snapshot")).json()
    assert (body["closed"], body["closed_positions"]) == (1, ["MSFT"])


async def test_a_snapshot_of_one_account_leaves_the_others_and_says_so(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    await send(api, portfolio, "account,ticker,quantity,current_price\nA,VTI,1,10\nA,BND,1,10\nB,VTI,2,10\n")
    body = (
        await send(api, portfolio, "account,ticker,quantity,current_price\nA,VTI,1,10\n", "?mode=snapshot")
    ).json()
    assert body["closed_positions"] == ["BND"]
    assert [(one["code"], one["message"]) for one in body["warnings"]] == [
        ("account_not_in_file", "The file has no row of account B, so positions held there stay open: 1.")
    ]


async def test_abort_imports_nothing_when_a_row_is_wrong(api: httpx.AsyncClient, portfolio: str) -> None:
    answer = await send(api, portfolio, FILE + "X,X,nonsense,1,1,1,,US\n", "?on_error=abort")
    assert answer.status_code == 422
    assert (await api.get(f"{portfolio}/positions")).json()["total"] == 0


async def test_a_back_dated_import_changes_what_was_effective_then(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    before = (await api.get("/v1/portfolios")).json()["portfolios"][0]["projected_at"]
    await send(api, portfolio, query="?as_of=2024-03-01")
    address = f"{portfolio}/positions"
    assert (await api.get(address, params={"as_of": "2024-03-01"})).json()["total"] == 2
    assert (await api.get(address, params={"as_of": "2024-02-29"})).json()["total"] == 0
    known = {"as_of": "2024-03-01", "known_at": before}
    assert (await api.get(address, params=known)).json()["total"] == 0


async def test_a_mapping_says_what_columns_mean(api: httpx.AsyncClient, portfolio: str) -> None:
    text = "Papier,Menge,Preis\nAAPL,5,10\n"
    mapping = json.dumps({"ticker": "Papier", "quantity": "Menge", "current_price": "Preis"})
    files = {"file": ("p.csv", text.encode(), "text/csv")}
    answer = await api.post(f"{portfolio}/positions/import", files=files, params={"mapping": mapping})
    assert (answer.status_code, answer.json()["rows_imported"]) == (201, 1)


@pytest.mark.parametrize(
    "mapping", ["{", "[]", '{"ticker": 1}', '{"colour": "red"}', '{"decimal_mark": "x"}']
)
async def test_an_unusable_mapping_is_refused(api: httpx.AsyncClient, portfolio: str, mapping: str) -> None:
    files = {"file": ("p.csv", FILE.encode(), "text/csv")}
    answer = await api.post(f"{portfolio}/positions/import", files=files, params={"mapping": mapping})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "mapping")


@pytest.mark.parametrize(
    "query",
    ["?mode=replace", "?dry_run=perhaps", "?on_error=ignore", "?as_of=2999-01-01", "?as_of=1066-10-14"],
)
async def test_an_option_out_of_range_is_refused(api: httpx.AsyncClient, portfolio: str, query: str) -> None:
    assert (await send(api, portfolio, query=query)).status_code == 422


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"positions": ("p.csv", b"a", "text/csv")}, "missing"),
        ({"file": ("p.csv", b"", "text/csv")}, "empty"),
        ([("file", ("a.csv", b"a", "text/csv")), ("file", ("b.csv", b"b", "text/csv"))], "repeated"),
    ],
)
async def test_an_upload_without_its_one_file_says_so(
    api: httpx.AsyncClient, portfolio: str, files: Any, code: str
) -> None:
    answer = await api.post(f"{portfolio}/positions/import", files=files)
    assert (answer.status_code, answer.json()["details"]) == (422, {"field": "file", "code": code})


@pytest.mark.parametrize(
    ("part", "code"), [({"mode": "snapshot"}, "misplaced"), ({"colour": "red"}, "unknown_field")]
)
async def test_an_option_sent_as_a_part_is_refused_and_not_passed_over(
    api: httpx.AsyncClient, portfolio: str, part: dict[str, str], code: str
) -> None:
    files = {"file": ("p.csv", FILE.encode(), "text/csv")}
    answer = await api.post(f"{portfolio}/positions/import", files=files, data=part)
    assert (answer.status_code, answer.json()["details"]) == (422, {"field": next(iter(part)), "code": code})


async def test_a_file_as_text_is_no_upload(api: httpx.AsyncClient, portfolio: str) -> None:
    address = f"{portfolio}/positions/import"
    assert (await api.post(address, json={"file": FILE})).status_code == 415
    nameless = await api.post(address, files={"file": (None, FILE)})
    assert (nameless.status_code, nameless.json()["details"]["field"]) == (422, "file")


async def test_a_file_that_is_no_table_is_refused_with_the_reason(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    answer = await send(api, portfolio, "Dear Sir or Madam")
    assert answer.status_code == 422
    assert answer.json()["details"]["field"] == "file"
    assert answer.json()["error"] != "internal_server_error"


async def test_a_file_may_be_larger_than_any_json_body_but_not_beyond_its_own_limit(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    assert (await send(api, portfolio, FILE + "\n" * 200_000)).status_code == 201
    too_large = await send(api, portfolio, FILE + "\n" * UPLOAD_BYTES)
    assert (too_large.status_code, too_large.json()["error"]) == (413, "content_too_large")


async def test_imports_are_listed_and_reported(api: httpx.AsyncClient, portfolio: str) -> None:
    first = (await send(api, portfolio)).json()
    second = (await send(api, portfolio, FILE.replace("100", "200"))).json()
    page = (await api.get(f"{portfolio}/imports")).json()
    assert (page["total"], page["limit"], page["offset"]) == (2, 50, 0)
    assert [row["import_id"] for row in page["imports"]] == [second["import_id"], first["import_id"]]
    report = (await api.get(f"{portfolio}/imports/{first['import_id']}")).json()
    shared = report.keys() & first.keys()
    assert {name: report[name] for name in shared} == {name: first[name] for name in shared}
    assert (report["status"], report["filename"]) == ("imported", "positions.csv")


async def test_failed_rows_come_as_csv(api: httpx.AsyncClient, portfolio: str) -> None:
    body = (await send(api, portfolio, FILE + "NOTE,A note,structured_note,1,1,1,,US\n")).json()
    address = f"{portfolio}/imports/{body['import_id']}"
    answer = await api.get(address, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["ticker"], row["asset_class"]) for row in rows] == [("NOTE", "structured_note")]
    assert "structured_note" in rows[0]["error"]


async def test_a_reverted_import_leaves_what_was_before(api: httpx.AsyncClient, portfolio: str) -> None:
    body = (await send(api, portfolio)).json()
    answer = await api.post(f"{portfolio}/imports/{body['import_id']}/revert")
    assert (answer.status_code, answer.json()["status"]) == (200, "reverted")
    assert (await api.get(f"{portfolio}/positions")).json()["total"] == 0
    report = (await api.get(f"{portfolio}/imports/{body['import_id']}")).json()
    assert (report["status"], report["reverted_at"] is not None) == ("reverted", True)
    assert (await api.post(f"{portfolio}/imports/{body['import_id']}/revert")).status_code == 409


async def test_an_import_that_something_stands_on_is_not_reverted(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    body = (await send(api, portfolio)).json()
    await api.post(f"{portfolio}/positions", json={"symbol": "AAPL", "quantity": 1, "price": 1})
    answer = await api.post(f"{portfolio}/imports/{body['import_id']}/revert")
    assert (answer.status_code, "AAPL" in answer.json()["detail"]) == (409, True)


async def test_an_import_of_another_portfolio_is_not_found(api: httpx.AsyncClient, portfolio: str) -> None:
    body = (await send(api, portfolio)).json()
    other = (await api.post("/v1/portfolios", json={"name": "Other", "portfolio_type": "balanced"})).headers[
        "location"
    ]
    assert (await api.get(f"{other}/imports/{body['import_id']}")).status_code == 404
    assert (await api.post(f"{other}/imports/{body['import_id']}/revert")).status_code == 404
    assert (await api.get(f"{portfolio}/imports/{uuid4()}")).status_code == 404


async def test_a_key_imports_once_whatever_the_boundary(api: httpx.AsyncClient, portfolio: str) -> None:
    first = await send(api, portfolio, **{"Idempotency-Key": "upload-1"})
    again = await send(api, portfolio, **{"Idempotency-Key": "upload-1"})
    assert first.request.headers["content-type"] != again.request.headers["content-type"]
    assert (again.headers["idempotent-replayed"], again.content) == ("true", first.content)
    assert (await api.get(f"{portfolio}/imports")).json()["total"] == 1
