"""What it costs to know who asks, to count, and to keep tenants apart in the database: the same request without it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from urllib.request import Request, urlopen

import msgspec
import psycopg
from tests.bench.alternating import Duel, Fought
from tests.bench.facts import TENANT
from tests.bench.load import Load
from tests.bench.measuring import Pair, Row, at_most, ratio_row
from tests.bench.requests import registration
from tests.bench.scale import Scale
from tests.bench.servers import Api, Servers, another_api, api_and_projector, run_module

PLENTY = "1000000"
LIMITED: Mapping[str, str] = {"TRIMTAB_DEFAULT_TIER": "quant", "TRIMTAB_LIMIT_READ_PER_MINUTE": PLENTY}
"""Limits that are asked about and never reached: a class, and a month of half a million calls."""
MOMENT_SECONDS = 2.0
MOMENTS = 3
CONNECTIONS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What is left out of the baseline, and how the guarded service is set up."""

    key: str
    work: str
    name: str
    guarded: Mapping[str, str]
    as_owner: bool = False


GUARDS = (
    Guard(key="14a", work="authentication", name="authentication", guarded={}),
    Guard(key="14b", work="limits, self-hosted", name="limits", guarded={}),
    Guard(key="14c", work="limits and a quota", name="limits", guarded=LIMITED),
    Guard(key="14d", work="row-level security", name="row-level-security", guarded={}, as_owner=True),
)


async def measure(servers: Servers, scale: Scale) -> list[Row]:
    """One portfolio by its id."""
    url = servers.store("guards")
    async with api_and_projector(servers, url) as api:
        load = _load(api)
        return [await _row(guard, servers, url, load, scale) for guard in GUARDS]


async def _row(guard: Guard, servers: Servers, url: str, load: Load, scale: Scale) -> Row:
    owner = {"TRIMTAB_API_DATABASE_URL": url} if guard.as_owner else {}
    async with (
        another_api(servers, url, guard.guarded) as guarded,
        another_api(servers, url, {**guard.guarded, **owner}, without=guard.name) as unguarded,
    ):
        duel = Duel(
            ours=msgspec.structs.replace(load, port=guarded.port),
            baseline=msgspec.structs.replace(load, port=unguarded.port),
            turns=scale.turns * MOMENTS,
        )
        found = await run_module("tests.bench.alternating", msgspec.to_builtins(duel))
    return _compared(guard, msgspec.convert(found, Fought))


def _compared(guard: Guard, fought: Fought) -> Row:
    sides = {"with": fought.ours, "without": fought.baseline}
    for name, answers in sides.items():
        assert not any(answered.failed for answered in answers), f"requests {name} {guard.name} failed"
    details = {
        f"{name}_{figure}": median(getattr(answered, figure) for answered in answers)
        for name, answers in sides.items()
        for figure in ("per_second", "p50", "p99")
    }
    pairs = [
        Pair(ours=1 / ours.per_second, baseline=1 / without.per_second)
        for ours, without in zip(fought.ours, fought.baseline, strict=True)
        if ours.per_second and without.per_second  # a moment in which the machine stood still says nothing
    ]
    return ratio_row(
        guard.key, f"a small request with {guard.work}", at_most(1.1, "× without"), pairs, details
    )


def _load(api: Api) -> Load:
    headers = {"Authorization": f"Bearer {api.token(TENANT)}"}
    asked = Request(
        f"http://127.0.0.1:{api.port}/v1/portfolios",
        registration().encode(),
        {**headers, "Content-Type": "application/json"},
    )
    with urlopen(asked) as answer:
        portfolio = json.load(answer)["portfolio_id"]
    with psycopg.connect(api.database_url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    return Load(
        port=api.port,
        method="GET",
        path=f"/v1/portfolios/{portfolio}",
        headers=headers,
        connections=CONNECTIONS,
        warm_up=0.1,
        seconds=MOMENT_SECONDS,
    )
