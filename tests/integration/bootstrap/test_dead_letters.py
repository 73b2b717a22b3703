import asyncio
import json
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from tests.support.deliveries import ALPHA, an_inbox, put
from tests.support.streams import a_ledger, redis_url, registered

from bootstrap.cli._commands import trimtab
from infrastructure.redis.connect import client

__all__ = ["redis_url"]


@pytest.fixture
def service(database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers that commands find in their environment."""
    monkeypatch.setenv("TRIMTAB_DATABASE_URL", database_url)
    monkeypatch.setenv("TRIMTAB_REDIS_URL", redis_url)


async def trimtab_command(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, trimtab, ["dead-letters", *arguments])


async def listed(*arguments: str) -> list[dict[str, Any]]:
    result = await trimtab_command("list", "--json", *arguments)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.output)["dead_letters"]
    return found


async def a_letter_of_an_agent(redis_url: str) -> None:
    put(redis_url, (1, ALPHA))
    async with client(redis_url, "test") as redis:
        inbox = an_inbox(redis)
        while not (messages := await inbox.receive()):
            pass
        await inbox.bury(messages, error="ValueError('x')", traceback="Traceback")


@pytest.mark.usefixtures("service")
async def test_letters_of_agents_are_listed_and_replayed(redis_url: str) -> None:
    await a_letter_of_an_agent(redis_url)
    [letter] = await listed()
    assert (letter["kind"], letter["group"], letter["position"]) == ("agent", "test", "1")
    assert (letter["error"], letter["traceback"]) == ("ValueError('x')", "Traceback")
    assert await listed("--group", "portfolios") == []
    replayed = await trimtab_command("replay", "--group", "test", "--id", letter["id"], "--json")
    assert json.loads(replayed.output)["replayed"] == [
        {"kind": "agent", "group": "test", "replayed": 1, "stuck": 0}
    ]
    assert await listed() == []


@pytest.mark.usefixtures("service")
async def test_letters_of_projections_are_listed_and_applied(database_url: str) -> None:
    async with a_ledger(database_url) as ledger:
        [portfolio_id] = await registered(ledger)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into read.dead_letter (projection, position, originator_id, tenant_id, topic, error)"
            " values ('portfolios', 1, %s, 'tenant-a', 'portfolio.registered', 'x')",
            (portfolio_id,),
        )
    [letter] = await listed()
    assert (letter["kind"], letter["group"], letter["waits_with"]) == (
        "projection",
        "portfolios",
        str(portfolio_id),
    )
    replayed = await trimtab_command("replay", "--group", "portfolios")
    assert "portfolios: 1 replayed" in replayed.output
    assert await listed() == []


@pytest.mark.usefixtures("service")
async def test_a_group_nobody_knows_is_wrong_usage() -> None:
    assert (await trimtab_command("replay", "--group", "nobody")).exit_code == 2
    assert (await trimtab_command("replay", "--id", "1-0")).exit_code == 2
    assert "no dead letters" in (await trimtab_command("list")).output
