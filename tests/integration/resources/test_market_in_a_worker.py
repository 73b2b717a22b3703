"""One import the long way: through a calculator process."""

import httpx


async def test_an_import_runs_beside_the_api_and_is_there_when_it_is_answered(api: httpx.AsyncClient) -> None:
    files = {"file": ("p.csv", b"date,ticker,close\n2024-01-02,AAPL,185.64\n", "text/csv")}
    answer = await api.post("/v1/market/prices/import", files=files)
    assert (answer.status_code, answer.json()["rows_imported"]) == (201, 1), answer.text
    assert (await api.get("/v1/market/quote/AAPL")).json()["price"] == 185.64
    wrong = await api.post(
        "/v1/market/prices/import", files={"file": ("p.csv", b"date,ticker\n", "text/csv")}
    )
    assert (wrong.status_code, wrong.json()["error"]) == (422, "missing_columns")
