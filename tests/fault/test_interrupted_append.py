"""The API dies while the database is still at work on what it asked for."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from psycopg import Connection
from tests.e2e.things import a_portfolio
from tests.support.running import RunningService
from tests.support.waiting import eventually

WAITING = """
    select count(*) from pg_stat_activity
     where usename = 'trimtab_api' and wait_event_type = 'Lock' and query like '%events.append(%'"""


@contextmanager
def held_back(service: RunningService) -> Iterator[Connection[object]]:
    """Appends wait until the end of the block."""
    with service.database() as other, service.database() as database, database.transaction():
        database.execute("select * from events.head for update")
        yield other


def appends_waiting(database: Connection[object]) -> int:
    (count,) = database.execute(WAITING).fetchone() or (0,)  # type: ignore[misc]
    return int(count)


def move(service: RunningService, path: str, amount: str) -> httpx.Response:
    with service.client("interrupted", timeout=60) as client:
        return client.post(
            f"{path}/cash", json={"amount": amount}, headers={"Idempotency-Key": f"once-{amount}"}
        )


@pytest.mark.parametrize("amount", ["7.5", "-10"], ids=["loses the race", "is refused the second time"])
def test_a_request_repeated_while_its_first_try_still_commits_is_answered_as_that_was(
    running_service: RunningService, amount: str
) -> None:
    with running_service.client("interrupted") as client, ThreadPoolExecutor() as threads:
        path = a_portfolio(client, initial_cash=10)
        with held_back(running_service) as database:
            first: Future[httpx.Response] = threads.submit(move, running_service, path, amount)
            eventually(lambda: appends_waiting(database) == 1)
            running_service.kill("api")
            eventually(running_service.healthy, seconds=30)
            second = threads.submit(move, running_service, path, amount)
            eventually(lambda: appends_waiting(database) == 2)
        assert isinstance(first.exception(), httpx.TransportError)
        assert second.result().status_code == 201, second.result().text
        assert second.result().headers["Idempotent-Replayed"] == "true"
        position = second.result().headers["Trimtab-Position"]
        shown = client.get(path, headers={"Trimtab-Position": position}).json()
    assert shown["portfolio"]["cash_balance"] == 10 + float(amount)
