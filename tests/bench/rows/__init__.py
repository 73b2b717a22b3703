"""What is measured: one module per piece of work."""

from collections.abc import Awaitable, Callable, Mapping

from tests.bench.measuring import Row
from tests.bench.rows import (
    appending,
    calculating,
    computing,
    following,
    guarding,
    importing,
    market,
    optimising,
    rebuilding,
    recommending,
    refreshing,
    serving,
)
from tests.bench.scale import Scale
from tests.bench.servers import Servers

MEASUREMENTS: Mapping[str, Callable[[Servers, Scale], Awaitable[list[Row]]]] = {
    "create": serving.measure_create,
    "append-one": appending.measure_single,
    "append-groups": appending.measure_groups,
    "rebuild": rebuilding.measure,
    "lag": following.measure,
    "import": importing.measure,
    "list": serving.measure_list,
    "service": recommending.measure,
    "risk": computing.measure_risk,
    "refresh": refreshing.measure,
    "prices": market.measure,
    "guards": guarding.measure,
    "attribution": computing.measure_attribution,
    "optimise": optimising.measure_all,
    "optimise-each": optimising.measure_each,
    "optimise-large": optimising.measure_large,
    "monte-carlo": calculating.measure_monte_carlo,
    "calculators": calculating.measure_beside_a_job,
}
