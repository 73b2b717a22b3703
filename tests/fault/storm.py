"""A storm: a service, a load and a killer at the same time, and what is wrong afterwards."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import httpx
from tests.fault.evidence import faults, wait_until_quiet
from tests.fault.killer import Killer
from tests.fault.load import Client, summary
from tests.fault.oracle import Oracle
from tests.fault.requests import NoAnswer
from tests.support.running import RunningService

TENANTS = ("north", "south")
CLIENTS_OF_EACH_TENANT = 3
PORTFOLIOS_OF_EACH_TENANT = 3
LAST_ERRORS = 3
TIMEOUT = httpx.Timeout(15.0, connect=2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """How hard it blows; the same seed sends the same commands, as far as their answers allow."""

    seed: int
    blows: int
    victims: tuple[str, ...]
    pause_seconds: tuple[float, float]


def rage(service: RunningService, storm: Storm) -> tuple[Oracle, Killer]:
    """Let it happen; return what was acknowledged and what was struck."""
    try:
        return asyncio.run(_rage(service, storm))
    except NoAnswer as failure:
        raise AssertionError("\n".join([f"seed {storm.seed}: {failure}", *_last_errors(service)])) from None


def _last_errors(service: RunningService) -> list[str]:
    return [line for line in service.output().splitlines() if '"level": "error"' in line][-LAST_ERRORS:]


def aftermath(service: RunningService, oracle: Oracle) -> list[str]:
    """Wait until the sea is calm, and return everything that is wrong."""
    wait_until_quiet(service)
    return faults(service, oracle)


async def _rage(service: RunningService, storm: Storm) -> tuple[Oracle, Killer]:
    oracle, stop, random = Oracle(), asyncio.Event(), Random(storm.seed)
    killer = Killer(service, Random(random.random()), storm.victims)
    async with _clients(service, oracle, random) as clients:
        for client in clients:
            for _ in range(PORTFOLIOS_OF_EACH_TENANT if client.number == 0 else 0):
                await client.register()
        assert not oracle.surprises, oracle.surprises
        loads = [asyncio.create_task(client.run(stop)) for client in clients]
        strikes = asyncio.create_task(killer.strike(storm.blows, pause_seconds=storm.pause_seconds))
        await asyncio.wait(
            [strikes, *loads], return_when=asyncio.FIRST_COMPLETED
        )  # a load that fails ends it all
        stop.set()
        await asyncio.gather(strikes, *loads)
    return oracle, killer


@asynccontextmanager
async def _clients(
    service: RunningService, oracle: Oracle, random: Random
) -> AsyncIterator[Sequence[Client]]:
    async with AsyncExitStack() as stack:
        clients = []
        for tenant in TENANTS:
            headers = {"Authorization": f"Bearer {service.token(tenant)}"}
            for number in range(CLIENTS_OF_EACH_TENANT):
                http = await stack.enter_async_context(
                    httpx.AsyncClient(base_url=service.address, headers=headers, timeout=TIMEOUT)
                )
                clients.append(Client(number, tenant, http, oracle, Random(random.random())))
        yield clients


def report(storm: Storm, oracle: Oracle, killer: Killer) -> str:
    """Return in a few lines what happened."""
    moved = sum((known.cash_balance for known in oracle.portfolios.values()), Decimal(0))
    return (
        f"seed {storm.seed}: struck {dict(killer.done)}; {summary(oracle)}; "
        f"{len(oracle.portfolios)} portfolios hold {moved} in cash"
    )
