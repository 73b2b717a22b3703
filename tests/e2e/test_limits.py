"""Limits and usage of the whole service: two API processes, and servers that are killed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.support.running import RunningService, a_running_service
from tests.support.waiting import eventually

TENANT = "limited"


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with a_running_service(api_processes=2) as service:
        yield service


def get(service: RunningService, path: str) -> httpx.Response:
    """Ask on a connection of its own, which the kernel gives to one of the two processes."""
    with service.client(TENANT) as client:
        return client.get(path)


def used(service: RunningService) -> int:
    return int(get(service, "/v1/usage").json()["used"])


def kept(service: RunningService) -> int:
    with service.database() as connection:
        row = connection.execute(
            "select coalesce(sum(used), 0) from identity.usage where tenant_id = %s", (TENANT,)
        ).fetchone()
    return int(row[0]) if row else 0


def open_calls(service: RunningService) -> int:
    redis = service.redis()
    return sum(int(redis.hget(key, "open") or 0) for key in redis.scan_iter(f"tt:calls:*:{TENANT}"))


def test_a_month_is_shared_by_processes_and_outlives_them_and_redis(service: RunningService) -> None:
    with service.database() as connection:
        connection.execute(
            "insert into identity.tenant (tenant_id, tier) values (%s, 'quant') "
            "on conflict (tenant_id) do update set tier = excluded.tier",
            (TENANT,),
        )
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: get(service, "/v1/portfolios"), range(60)))
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].headers["x-ratelimit-limit"] == "1200"
    eventually(lambda: used(service) == 60)
    eventually(lambda: kept(service) == 60)
    # While two processes fold, what one has told PostgreSQL and not yet Redis counts twice; of one that is killed then,
    # for ten seconds more.
    eventually(lambda: open_calls(service) == 0)

    assert service.kill("api")
    eventually(service.healthy, seconds=60)
    eventually(lambda: used(service) == 60)

    assert service.kill("redis")
    eventually(service.healthy, seconds=60)
    eventually(lambda: used(service) == 60)
    get(service, "/v1/portfolios")
    eventually(lambda: kept(service) == 61)
    eventually(lambda: used(service) == 61, seconds=20)

    with service.database() as connection:
        connection.execute("update identity.tenant set tier = 'free' where tenant_id = %s", (TENANT,))
    eventually(lambda: get(service, "/v1/usage").json()["limit"] == 100)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: get(service, "/v1/portfolios"), range(60)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(answers) - len(refused) == 39
    assert {answer.json()["limit"] for answer in refused} <= {60, 100}
