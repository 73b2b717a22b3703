import pytest
import structlog
from httpx import AsyncClient as Api
from structlog.testing import capture_logs
from structlog.typing import EventDict
from tests.support.demo_api import a_client, a_demo_api, a_token


async def test_a_request_id_is_echoed_or_made(api: Api) -> None:
    echoed = await api.get("/health", headers={"X-Request-ID": "r-1"})
    assert echoed.headers["x-request-id"] == "r-1"
    made = (await api.get("/health", headers={"X-Request-ID": "bad id"})).headers["x-request-id"]
    assert made != "bad id"
    assert len(made) == 32


async def test_a_correlation_id_is_echoed(api: Api) -> None:
    answer = await api.get("/health", headers={"X-Correlation-ID": "c-1"})
    assert answer.headers["x-correlation-id"] == "c-1"


async def test_every_answer_is_safe_to_embed_nowhere_and_store_nowhere(api: Api) -> None:
    for path in ("/v1/baskets", "/v1/nothing", "/health"):
        headers = (await api.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers


async def test_head_is_get_without_a_body(api: Api) -> None:
    answer = await api.head("/health")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


async def test_one_line_is_logged_per_request_without_query_values(api: Api) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await api.get("/v1/baskets?kind=long_only&secret=hunter2", headers={"X-Request-ID": "r-2"})
    line = only_line(lines)
    assert line["route"] == line["path"] == "/v1/baskets"
    assert (line["method"], line["status"], line["tenant"], line["request_id"]) == ("GET", 422, "acme", "r-2")
    assert "hunter2" not in str(line)


async def test_nobody_writes_lines_of_the_log(api: Api) -> None:
    with capture_logs() as lines:
        await api.get("/v1/nothing%0A2026-03-26%20[info]%20signed_in%1B[2K")
    assert only_line(lines)["path"] == "/v1/nothing%0A2026-03-26%20[info]%20signed_in%1B[2K"


async def test_a_fault_is_logged_with_its_trace_and_without_credentials(api: Api) -> None:
    with capture_logs() as lines:
        await api.get("/v1/baskets/broken")
    fault = next(line for line in lines if line["event"] == "request_failed")
    assert "RuntimeError: password" in fault["traceback"]
    assert a_token().split(".")[0] not in str(lines)


def only_line(lines: list[EventDict]) -> EventDict:
    (line,) = (line for line in lines if line["event"] == "request")
    return line


async def test_metrics_count_by_template_and_never_by_tenant_or_id() -> None:
    async with a_client(a_demo_api(serve_metrics=True)) as api:
        headers = {"Authorization": a_token()}
        await api.get("/v1/baskets/f47ac10b-58cc-4372-a567-0e02b2c3d479", headers=headers)
        await api.request("BREW", "/coffee")
        metrics = (await api.get("/metrics")).text
    assert (
        'trimtab_http_requests_total{method="GET",route="/v1/baskets/{basket_id}",status="404"} 1.0'
        in metrics
    )
    assert 'method="other",route="unmatched"' in metrics
    assert "acme" not in metrics
    assert "f47ac10b" not in metrics


async def test_metrics_are_not_served_unless_a_setting_says_so(api: Api) -> None:
    assert (await api.get("/metrics")).status_code == 404


async def test_plain_http_is_refused_where_https_is_required() -> None:
    async with a_client(a_demo_api(require_https=True), peer="203.0.113.9") as api:
        answer = await api.get("/v1/baskets")
    assert (answer.status_code, answer.json()["error"]) == (426, "upgrade_required")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["upgrade"].startswith("TLS")


async def test_a_trusted_proxy_vouches_for_https() -> None:
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.1"}
    async with a_client(
        a_demo_api(require_https=True, trusted_proxies=("203.0.113.0/24",)), peer="203.0.113.9"
    ) as api:
        answer = await api.get("/health", headers=proxied)
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_anybody_else_does_not() -> None:
    async with a_client(
        a_demo_api(require_https=True, trusted_proxies=("10.0.0.0/8",)), peer="203.0.113.9"
    ) as api:
        assert (await api.get("/health", headers={"X-Forwarded-Proto": "https"})).status_code == 426


async def test_loopback_needs_no_https_unless_a_proxy_stands_between() -> None:
    async with a_client(a_demo_api(require_https=True)) as api:
        assert (await api.get("/health")).status_code == 200
        assert (await api.get("/health", headers={"X-Forwarded-For": "198.51.100.1"})).status_code == 426


@pytest.mark.parametrize(
    "path", ["/health", "/health/ready", "/openapi.json", "/docs", "/redoc", "/llms.txt", "/problems"]
)
async def test_these_need_no_credential(api: Api, path: str) -> None:
    del api.headers["Authorization"]
    assert (await api.get(path)).status_code == 200


async def test_health_names_the_version(api: Api) -> None:
    assert (await api.get("/health")).json() == {"status": "ok", "version": "1.2.3"}


async def test_the_listing_for_programs_says_who_may_call_what(api: Api) -> None:
    lines = (await api.get("/llms.txt")).text.splitlines()
    assert "- GET /v1/baskets (portfolios:read): List baskets." in lines
    assert any(line.startswith("- GET /health (public): ") for line in lines)
    assert any("(/docs/authentication)" in line for line in lines)
