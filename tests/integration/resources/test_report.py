"""The report over HTTP: a whole page from a worker, for whoever may see the portfolio."""

from collections.abc import Callable

import httpx

Body = dict[str, object]
ClientOf = Callable[[str, frozenset[str] | None], httpx.AsyncClient]


async def test_the_report_is_a_page_without_scripts(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    answer = await api.get(f"{portfolio}/report")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert answer.text.startswith("<!doctype html>")
    assert "<script" not in answer.text
    assert "AAPL" in answer.text
    assert "Growth" in answer.text


async def test_the_same_data_are_the_same_bytes(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    first, second = [(await api.get(f"{portfolio}/report")).content for _ in range(2)]
    assert first == second


async def test_a_portfolio_named_like_a_script_is_harmless(api: httpx.AsyncClient) -> None:
    body = {"name": "<script>alert(1)</script>", "portfolio_type": "long_only", "initial_cash": 5}
    made = await api.post("/v1/portfolios", json=body)
    page = (await api.get(f"{made.headers['location']}/report")).text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


async def test_the_report_of_an_earlier_day(api: httpx.AsyncClient, portfolio: str, holding: Body) -> None:
    answer = await api.get(f"{portfolio}/report", params={"as_of": "2024-02-01"})
    assert answer.status_code == 200, answer.text
    assert "AAPL" not in answer.text
    before = await api.get(f"{portfolio}/report", params={"as_of": "2023-02-01"})
    assert before.status_code == 404
    wrong = await api.get(f"{portfolio}/report", params={"as_of": "yesterday"})
    assert wrong.status_code == 422


async def test_nobody_else_sees_it(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, client_of: ClientOf, portfolio: str
) -> None:
    assert (await stranger.get(f"{portfolio}/report")).status_code == 404
    narrow = client_of("acme", frozenset({"analytics:read"}))
    assert (await narrow.get(f"{portfolio}/report")).status_code == 403
