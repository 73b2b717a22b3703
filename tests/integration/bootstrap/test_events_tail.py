import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGINT

import psycopg
from tests.support.relaying import soon
from tests.support.streams import a_caller, a_ledger, archived, registered


@contextmanager
def tailing(database_url: str, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """`trimtab events tail` with its lines in a pipe."""
    environment = os.environ | {"TRIMTAB_DATABASE_URL": database_url, "TRIMTAB_REDIS_URL": "redis://unused"}
    command = [sys.executable, "-m", "bootstrap.cli", "events", "tail", *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def next_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


async def test_the_tail_shows_what_concerns_one_portfolio_and_ends_in_peace(database_url: str) -> None:
    async with a_ledger(database_url) as ledger:
        [watched, other] = await registered(ledger, 2)
        with tailing(database_url, "--portfolio", str(watched), "--after", "0", "--json") as process:
            assert json.loads(next_line(process))["type"] == "portfolio.registered"
            await archived(ledger, other)
            await archived(ledger, watched)
            event = json.loads(next_line(process))
            process.send_signal(SIGINT)
            assert process.wait(10) == 0
    assert (event["type"], event["position"], event["stream_id"]) == ("portfolio.archived", 4, str(watched))
    assert event["actor"] == "someone"


async def test_the_tail_of_a_portfolio_shows_what_is_asked_of_its_figures(database_url: str) -> None:
    async with a_ledger(database_url) as ledger:
        [watched] = await registered(ledger)
        async with ledger.unit(a_caller()) as unit:
            (await unit.analysis(watched)).refresh(["risk"], at=unit.now)
            await unit.commit(None)
        with tailing(database_url, "--portfolio", str(watched), "--after", "0", "--json") as process:
            types = [json.loads(next_line(process))["type"] for _ in range(3)]
    assert types == ["portfolio.registered", "analysis.started", "analysis.requested"]


async def test_the_tail_begins_with_what_is_yet_to_come(database_url: str) -> None:
    async with a_ledger(database_url) as ledger:
        await registered(ledger)
        with tailing(database_url) as process:
            await soon(lambda: listening(database_url))
            [portfolio_id] = await registered(ledger)
            assert str(portfolio_id) in next_line(process)


def listening(database_url: str) -> bool:
    query = (
        "select 1 from pg_stat_activity where application_name = 'trimtab-events-tail'"
        " and state = 'idle' and query like '%events.event%'"
    )
    with psycopg.connect(database_url) as connection:
        return connection.execute(query).fetchone() is not None
