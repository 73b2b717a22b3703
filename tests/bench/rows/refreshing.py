"""Risk of a thousand portfolios after a price import."""

from statistics import median

import msgspec
from tests.bench.measuring import Row, at_least, spread_row
from tests.bench.refreshing import Asked, Refreshed
from tests.bench.scale import Scale
from tests.bench.servers import Servers, run_module
from tests.support.database import as_api


async def measure(servers: Servers, scale: Scale) -> list[Row]:
    """Risk, factors and headline of 1,000 portfolios of 50 positions, by the agent, each recorded as events."""
    url = servers.store("refresh")
    asked = Asked(imports_url=as_api(url), agent_url=url, turns=scale.slow_turns)
    answer = await run_module("tests.bench.refreshing", msgspec.to_builtins(asked))
    found = msgspec.convert(answer, Refreshed)
    work = "risk of 1,000 × 50 positions after an import, portfolios per second"
    details = {"per_second": median(found.per_second)}
    return [spread_row("11", work, at_least(100, "per core"), found.per_core, details)]
