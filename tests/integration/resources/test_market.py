import io
from typing import Any
from uuid import uuid4

import httpx
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from tests.support.market_here import MarketImportsHere
from tests.support.service import Service

from application.caller import SCOPES

Body = dict[str, Any]
PRICES = (
    "date,ticker,exchange,currency,open,high,low,close,adjusted_close,volume\n"
    "2023-12-29,AAPL,NASDAQ,USD,193.9,194.4,191.73,192.53,191.6,42628800\n"
    "2024-01-02,AAPL,NASDAQ,USD,187.15,188.44,183.89,185.64,184.7,82488700\n"
    "2024-01-03,AAPL,NASDAQ,USD,184.22,185.88,183.43,184.25,183.3,58414500\n"
    "2024-01-08,AAPL,NASDAQ,USD,182.09,185.6,181.5,185.56,184.6,59144500\n"
    "2024-01-03,MSFT,NASDAQ,USD,369.01,373.26,368.51,370.6,366,23083500\n"
    "2024-01-08,MSFT,NASDAQ,USD,369.3,375.2,369.01,374.69,370,23134000\n"
)
NAMES = (
    "ticker,exchange,currency,name,isin,kind\nAAPL,NASDAQ,USD,Apple Inc.,US0378331005,equity\n"
    "MSFT,NASDAQ,USD,Microsoft Corporation,US5949181045,equity\nAPLE,NYSE,USD,Apple Hospitality REIT,,equity\n"
)


async def send(api: httpx.AsyncClient, kind: str, text: str | bytes, query: str = "", **headers: str) -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    files = {"file": (f"{kind}.csv", content, "text/csv")}
    address = "/v1/market/instruments" if kind == "instruments" else f"/v1/market/{kind}/import"
    return await api.post(f"{address}{query}", files=files, headers=headers)


@pytest.fixture
def calculations(service: Service) -> MarketImportsHere:
    return MarketImportsHere(service.connections)


@pytest.fixture
async def priced(api: httpx.AsyncClient) -> Body:
    answer = await send(api, "prices", PRICES)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_an_import_of_prices_is_reported(api: httpx.AsyncClient) -> None:
    answer = await send(api, "prices", PRICES + "2024-01-09,AAPL,,,1,1,1,-1,,\nx,MSFT,,,1,1,1,1,,\n")
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/market/imports/{body['import_id']}"
    assert int(answer.headers["trimtab-position"]) > 0
    counted = (
        "kind",
        "rows_imported",
        "rows_with_errors",
        "rows_unchanged",
        "rows_revised",
        "instruments_created",
    )
    assert [body[name] for name in counted] == ["prices", 6, 2, 0, 0, 2]
    assert (body["from"], body["to"], body["format"], body["filename"]) == (
        "2023-12-29",
        "2024-01-08",
        "csv",
        "prices.csv",
    )
    assert [(one["row"], one["column"], one["code"]) for one in body["errors"]] == [
        (8, "close", "not_positive"),
        (9, "date", "invalid_date"),
    ]


async def test_the_same_file_twice_changes_nothing(api: httpx.AsyncClient, priced: Body) -> None:
    answer = await send(api, "prices", PRICES)
    again = answer.json()
    assert (answer.status_code, again["rows_unchanged"], again["rows_revised"]) == (201, 6, 0)
    assert again["import_id"] == priced["import_id"]
    assert "trimtab-position" not in answer.headers
    assert (await api.get("/v1/market/imports")).json()["total"] == 1


async def test_parquet_is_taken_as_well(api: httpx.AsyncClient) -> None:
    out = io.BytesIO()
    table = pa.table(
        {"Date": ["2024-01-02", "2024-01-03"], "Symbol": ["AAPL", "AAPL"], "Close": [185.64, 184.25]}
    )
    parquet.write_table(table, out)
    body = (await send(api, "prices", out.getvalue())).json()
    assert (body["format"], body["rows_imported"]) == ("parquet", 2)
    assert (await api.get("/v1/market/quote/AAPL")).json()["price"] == 184.25


async def test_a_dry_run_answers_200_and_records_nothing(api: httpx.AsyncClient) -> None:
    answer = await send(api, "prices", PRICES, "?dry_run=true")
    body = answer.json()
    assert (answer.status_code, body["dry_run"], body["import_id"], body["rows_imported"]) == (
        200,
        True,
        None,
        6,
    )
    assert "location" not in answer.headers
    assert (await api.get("/v1/market/quote/AAPL")).status_code == 404


async def test_abort_names_every_row_that_is_wrong(api: httpx.AsyncClient) -> None:
    answer = await send(api, "prices", PRICES + "x,A,,,,,,1,,\n2024-01-02,A,,,,,,0,,\n", "?on_error=abort")
    body = answer.json()
    assert (answer.status_code, body["error"]) == (422, "validation_failed")
    assert [one["field"] for one in body["errors"]] == ["row 8", "row 9"]
    assert (await api.get("/v1/market/imports")).json()["total"] == 0


async def test_a_file_without_its_columns_is_refused(api: httpx.AsyncClient) -> None:
    answer = await send(api, "fx", "date,rate\n2024-01-02,1\n")
    body = answer.json()
    assert (answer.status_code, body["error"], body["details"]["field"]) == (422, "missing_columns", "file")
    assert "source, target" in body["detail"]


async def test_a_key_makes_an_import_safe_to_repeat(api: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    first = await send(api, "prices", PRICES, **key)
    again = await send(api, "prices", PRICES, **key)
    other = await send(api, "prices", PRICES + "2024-01-09,AAPL,,,,,,1,,\n", **key)
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reused")


async def test_an_import_can_be_read_again(
    api: httpx.AsyncClient, priced: Body, stranger: httpx.AsyncClient
) -> None:
    body = (await api.get(f"/v1/market/imports/{priced['import_id']}")).json()
    assert body["report"] == priced
    assert (body["import"]["kind"], body["import"]["rows"], body["import"]["shared"]) == ("prices", 6, False)
    page = (await api.get("/v1/market/imports?kind=prices")).json()
    assert page["imports"] == [body["import"]]
    assert (await api.get("/v1/market/imports?kind=fx")).json()["total"] == 0
    assert (await stranger.get(f"/v1/market/imports/{priced['import_id']}")).status_code == 404
    assert (await stranger.get("/v1/market/imports")).json()["total"] == 0


async def test_what_a_tenant_imports_no_other_tenant_sees(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, priced: Body
) -> None:
    for address in ("quote/AAPL", "historical/AAPL"):
        assert (await api.get(f"/v1/market/{address}")).status_code == 200
        assert (await stranger.get(f"/v1/market/{address}")).status_code == 404
    assert (await stranger.get("/v1/market/search?q=AAPL")).json()["total"] == 0
    assert (await stranger.get("/v1/market/trending")).json()["symbols"] == []


async def test_only_the_operator_with_admin_writes_what_all_read(
    api: httpx.AsyncClient, client_of: Any, stranger: httpx.AsyncClient
) -> None:
    everything = frozenset(SCOPES)
    for client in (api, client_of("acme", everything), client_of("operator", everything - {"admin"})):
        answer = await send(client, "prices", PRICES, "?shared=true")
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    answer = await send(client_of("operator", everything), "prices", PRICES, "?shared=true")
    assert (answer.status_code, answer.json()["shared"]) == (201, True)
    assert (await stranger.get("/v1/market/quote/AAPL")).json()["price"] == 185.56
    assert (await stranger.get("/v1/market/imports")).json()["imports"][0]["shared"] is True


async def test_a_tenant_called_like_the_shared_set_writes_nothing(client_of: Any) -> None:
    answer = await send(client_of("*", frozenset(SCOPES)), "prices", PRICES)
    assert answer.status_code in (401, 422)


async def test_a_quote_compares_the_newest_bar_with_the_one_before(
    api: httpx.AsyncClient, priced: Body
) -> None:
    body = (await api.get("/v1/market/quote/aapl")).json()
    assert {
        name: body[name] for name in ("symbol", "price", "volume", "high", "low", "open", "currency")
    } == {
        "symbol": "AAPL",
        "price": 185.56,
        "volume": 59144500,
        "high": 185.6,
        "low": 181.5,
        "open": 182.09,
        "currency": "USD",
    }
    assert (body["change"], body["change_percent"], body["previous_close"]) == (1.31, 0.710991, 184.25)
    assert (body["timestamp"], body["source"]) == ("2024-01-08T00:00:00Z", "file prices.csv")
    assert [flag["code"] for flag in body["flags"]] == ["stale"]
    assert sorted(body["unavailable"]) == ["market_cap", "pe_ratio"]


async def test_a_split_is_no_change_of_price(api: httpx.AsyncClient, priced: Body) -> None:
    await send(api, "prices", "date,ticker,close\n2024-01-09,AAPL,46.5\n")
    suspicious = (await api.get("/v1/market/quote/AAPL")).json()
    assert "split_suspect" in [flag["code"] for flag in suspicious["flags"]]
    await send(api, "actions", "ex_date,ticker,kind,value\n2024-01-09,AAPL,split,4:1\n")
    body = (await api.get("/v1/market/quote/AAPL")).json()
    assert (body["previous_close"], body["change"]) == (46.39, 0.11)
    assert [flag["code"] for flag in body["flags"]] == ["stale"]
    assert {"open", "high", "low", "volume"} <= body["unavailable"].keys()


async def test_an_instrument_without_a_price_has_a_quote_that_says_so(api: httpx.AsyncClient) -> None:
    await send(api, "instruments", NAMES)
    body = (await api.get("/v1/market/quote/MSFT")).json()
    assert (body["price"], body["name"], body["unavailable"]["price"]["code"]) == (
        None,
        "Microsoft Corporation",
        "no_history",
    )


@pytest.mark.parametrize("symbol", ["NOPE", "%00", "%25", "a" * 200, "'%20or%201=1"])
async def test_an_unknown_symbol_is_not_found(api: httpx.AsyncClient, priced: Body, symbol: str) -> None:
    for address in ("quote", "historical"):
        answer = await api.get(f"/v1/market/{address}/{symbol}")
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def history(api: httpx.AsyncClient, query: str = "") -> Body:
    answer = await api.get(f"/v1/market/historical/AAPL{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_history_ends_with_the_newest_bar(api: httpx.AsyncClient, priced: Body) -> None:
    body = await history(api)
    assert (body["period"], body["interval"], body["newest"]) == ("1y", "1d", "2024-01-08")
    assert body["data"][0] == {
        "date": "2023-12-29",
        "open": 193.9,
        "high": 194.4,
        "low": 191.73,
        "close": 192.53,
        "volume": 42628800,
        "adjusted_close": 191.6,
    }
    assert [len((await history(api, f"?period={one}"))["data"]) for one in ("1d", "5d", "1mo", "max")] == [
        1,
        4,
        4,
        4,
    ]


async def test_weeks_and_months_are_put_together_from_days(api: httpx.AsyncClient, priced: Body) -> None:
    weeks = (await history(api, "?interval=1wk"))["data"]
    assert [bar["date"] for bar in weeks] == ["2023-12-29", "2024-01-03", "2024-01-08"]
    assert weeks[1] == {
        "date": "2024-01-03",
        "open": 187.15,
        "high": 188.44,
        "low": 183.43,
        "close": 184.25,
        "volume": 82488700 + 58414500,
        "adjusted_close": 183.3,
    }
    months = (await history(api, "?interval=1mo&period=max"))["data"]
    assert [(bar["date"], bar["open"], bar["high"], bar["low"]) for bar in months] == [
        ("2023-12-29", 193.9, 194.4, 191.73),
        ("2024-01-08", 187.15, 188.44, 181.5),
    ]


async def test_a_history_can_be_cut_by_days_and_adjusted(api: httpx.AsyncClient, priced: Body) -> None:
    body = await history(api, "?start=2024-01-02&end=2024-01-03&adjusted=true")
    assert (body["period"], [bar["date"] for bar in body["data"]]) == (None, ["2024-01-02", "2024-01-03"])
    first = body["data"][0]
    assert first["close"] == first["adjusted_close"] == 184.7
    assert first["open"] == pytest.approx(187.15 * 184.7 / 185.64)


async def test_a_history_as_it_was_known_leaves_out_later_corrections(
    api: httpx.AsyncClient, priced: Body
) -> None:
    then = (await api.get("/v1/market/imports")).json()["imports"][0]["imported_at"]
    await send(api, "prices", PRICES.replace("185.56", "185.66"))
    assert (await history(api))["data"][-1]["close"] == 185.66
    answer = await api.get("/v1/market/historical/AAPL", params={"known_at": then})
    assert answer.json()["data"][-1]["close"] == 185.56


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("?interval=5m", "interval", "no_intraday_data"),
        ("?interval=2d", "interval", "unknown_value"),
        ("?period=10y", "period", "unknown_value"),
        ("?period=1y&start=2024-01-02", "period", "conflict"),
        ("?start=2024-01-03&end=2024-01-02", "end", "out_of_range"),
    ],
)
async def test_what_cannot_be_asked_is_refused(
    api: httpx.AsyncClient, priced: Body, query: str, field: str, code: str
) -> None:
    answer = await api.get(f"/v1/market/historical/AAPL{query}")
    assert answer.status_code == 422
    assert answer.json()["details"] == {"field": field, "code": code}


async def found(api: httpx.AsyncClient, text: str) -> list[str]:
    answer = await api.get("/v1/market/search", params={"q": text})
    assert answer.status_code == 200, answer.text
    return [one["symbol"] for one in answer.json()["results"]]


async def test_a_search_ranks_ticker_name_and_isin(api: httpx.AsyncClient) -> None:
    await send(api, "instruments", NAMES)
    assert await found(api, "apple") == ["AAPL", "APLE"]
    assert await found(api, "aple") == ["APLE"]
    assert await found(api, "corp") == ["MSFT"]
    assert await found(api, "us0378331005") == ["AAPL"]
    assert await found(api, "A") == ["AAPL", "APLE", "MSFT"]
    for nothing in ("%", "_", "\\", "A%E", "'"):
        assert await found(api, nothing) == []
    page = (await api.get("/v1/market/search?q=a&limit=1&offset=1")).json()
    assert (page["total"], page["limit"], page["offset"], len(page["results"])) == (3, 1, 1, 1)
    assert page["results"][0] == {
        "symbol": "APLE",
        "name": "Apple Hospitality REIT",
        "exchange": "XNYS",
        "currency": "USD",
        "type": "equity",
        "isin": None,
    }


async def test_trends_are_ranked_by_money_times_move(api: httpx.AsyncClient, priced: Body) -> None:
    await send(api, "prices", "date,ticker,close\n2024-01-03,IDX,100\n2024-01-08,IDX,110\n2023-12-29,OLD,1\n")
    body = (await api.get("/v1/market/trending")).json()
    assert [one["symbol"] for one in body["symbols"]] == ["MSFT", "AAPL", "IDX"]
    assert body["as_of"] == "2024-01-08"
    assert body["symbols"][0]["traded_value"] == pytest.approx(374.69 * 23134000)
    assert body["symbols"][2] == {
        "symbol": "IDX",
        "price": 110,
        "change_percent": 10,
        "volume": None,
        "traded_value": None,
        "currency": None,
    }
    assert "traded value" in body["definition"]


SET = {
    "date": "2024-01-02",
    "constituents": [
        {"ticker": "AAPL", "weight": 0.6, "sector": "Technology"},
        {"ticker": "XOM", "weight": "0.4", "sector": "Energy"},
    ],
}


async def test_the_constituents_of_a_benchmark_are_set_and_read(api: httpx.AsyncClient, priced: Body) -> None:
    address = "/v1/market/benchmarks/tech2/constituents"
    answer = await api.put(address, json=SET)
    assert (answer.status_code, answer.json()["rows_imported"]) == (200, 2), answer.text
    files = {"file": ("set.csv", b"ticker,weight\nAAPL,1\n", "text/csv")}
    assert (await api.put(f"{address}?date=2024-01-05", files=files)).status_code == 200
    body = (await api.get(f"{address}?date=2024-01-04")).json()
    assert (body["benchmark"], body["date"], body["dates"]) == (
        "TECH2",
        "2024-01-02",
        ["2024-01-02", "2024-01-05"],
    )
    assert body["constituents"] == [
        {"ticker": "AAPL", "name": None, "weight": 0.6, "sector": "technology"},
        {"ticker": "XOM", "name": None, "weight": 0.4, "sector": "energy"},
    ]
    assert (await api.get(address)).json()["date"] == "2024-01-05"
    assert (await api.get(f"{address}?date=2023-01-01")).status_code == 404
    (listed,) = (await api.get("/v1/market/benchmarks")).json()["benchmarks"]
    assert (listed["ticker"], listed["sets"], listed["from"], listed["to"], listed["constituents"]) == (
        "TECH2",
        2,
        "2024-01-02",
        "2024-01-05",
        1,
    )


async def test_constituents_that_break_a_rule_are_refused_precisely(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    address = "/v1/market/benchmarks/X/constituents"
    cases: list[tuple[list[Body], str | None, str]] = [
        ([{"ticker": "A", "weight": 0.5}], "constituents", "weights_do_not_add_up"),
        (
            [{"ticker": "A", "weight": 0.5}, {"ticker": "A", "weight": 0.5}],
            "constituents.1.ticker",
            "repeated",
        ),
        (
            [{"ticker": "A", "weight": 1.5}, {"ticker": "B", "weight": -0.5}],
            "constituents.1.weight",
            "out_of_range",
        ),
        ([], "constituents", "length"),
    ]
    for members, field, code in cases:
        answer = await api.put(address, json={"date": "2024-01-02", "constituents": members})
        assert answer.status_code == 422, answer.text
        assert answer.json()["details"] == {"field": field, "code": code}
    future = await api.put(address, json={**SET, "date": "2999-01-01"})
    assert future.json()["details"]["code"] == "future_date"
    assert (await api.get(address)).status_code == 404
    await api.put(address, json=SET)
    assert (await stranger.get(address)).status_code == 404


async def test_instruments_may_come_as_json(api: httpx.AsyncClient) -> None:
    sent = {
        "instruments": [{"ticker": "AAPL", "currency": "USD", "name": "Apple Inc.", "isin": "US0378331005"}]
    }
    answer = await api.post("/v1/market/instruments", json=sent)
    assert (answer.status_code, answer.json()["instruments_created"]) == (201, 1), answer.text
    assert await found(api, "apple inc") == ["AAPL"]
    wrong = await api.post("/v1/market/instruments", json={"instruments": [{"ticker": "A", "isin": "US123"}]})
    assert (wrong.status_code, wrong.json()["details"]["field"]) == (422, "instruments.0.isin")
    other = await api.post("/v1/market/instruments", content=b"x", headers={"Content-Type": "text/plain"})
    assert other.status_code == 415
    assert "send application/json, text/csv or multipart/form-data" in other.json()["detail"]


async def test_csv_may_be_the_body_where_json_may(api: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "text/csv; charset=utf-8", "Idempotency-Key": "once"}
    sent = {"content": b"ticker,currency,name\nAAPL,USD,Apple Inc.\n", "headers": headers}
    answer = await api.post("/v1/market/instruments", **sent)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["filename"]) == (201, "instruments.csv"), answer.text
    again = await api.post("/v1/market/instruments", **sent)  # type: ignore[arg-type]
    assert (again.headers["idempotent-replayed"], again.json()) == ("true", answer.json())
    changed = await api.post("/v1/market/instruments", content=b"ticker\nMSFT\n", headers=headers)
    assert changed.status_code == 422

    address = "/v1/market/benchmarks/apple/constituents"
    content = b"date,ticker,weight,sector\n2024-01-02,AAPL,1,technology\n"
    told = await api.put(address, content=content, headers={"Content-Type": "text/csv"})
    assert (told.status_code, told.json()["format"]) == (200, "csv"), told.text
    assert (await api.get(address)).json()["date"] == "2024-01-02"
    assert (await api.put(address, content=b"", headers={"Content-Type": "text/csv"})).status_code == 400


async def test_a_table_of_market_data_can_be_had_as_csv(api: httpx.AsyncClient, priced: Body) -> None:
    answer = await api.get("/v1/market/historical/AAPL?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(answer.text.strip().splitlines()) == 5


@pytest.mark.parametrize("symbol", ["BRK%2FB", "BRK/B", "brk%2fb"])
async def test_a_symbol_with_a_slash_is_found_by_its_path(api: httpx.AsyncClient, symbol: str) -> None:
    await send(
        api, "prices", "date,ticker,currency,close\n2024-01-02,BRK/B,USD,360\n2024-01-03,BRK/B,USD,362\n"
    )
    quoted = await api.get(f"/v1/market/quote/{symbol}")
    assert (quoted.status_code, quoted.json()["symbol"], quoted.json()["price"]) == (200, "BRK/B", 362)
    history = await api.get(f"/v1/market/historical/{symbol}?period=max")
    assert [bar["close"] for bar in history.json()["data"]] == [360, 362]
    assert await found(api, "BRK/B") == ["BRK/B"]
    assert (await api.get(f"/v1/market/quote/{symbol}/C")).status_code == 404
