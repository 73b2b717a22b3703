"""Rules on clusters of assets and folds of periods."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from application.optimization.naming import asset_names, inner_methods, named_twice
from domain.errors import Violation
from domain.rules import gathered

if TYPE_CHECKING:
    from application.optimization.request import OptimizationRequest

CLUSTERED: Final = ("HERC", "HERC2", "NCO")
FOLDED: Final = ("NCO", "StackingOptimization")


def cluster_violations(request: "OptimizationRequest") -> Iterator[Violation]:
    """Yield which methods ask for more clusters than there are assets, for a single fold, or for a method twice."""
    return gathered(
        _stacked_twice(request),
        *(_clusters(request, method) for method in CLUSTERED),
        *(_folds(request, method) for method in FOLDED),
    )


def _stacked_twice(request: "OptimizationRequest") -> Iterator[Violation]:
    stack: Any = request.options.of("StackingOptimization")
    yield from named_twice("options.StackingOptimization.methods", stack.methods)


def _clusters(request: "OptimizationRequest", method: Any) -> Iterator[Violation]:
    """Inside of another method there may be fewer assets, and so many clusters are then taken as there are."""
    options: Any = request.options.of(method)
    names = asset_names(request)
    alone = method in request.methods and method not in inner_methods(request)
    if alone and names is not None and options.clusters is not None and options.clusters > len(names):
        detail = f"{len(names)} assets cannot fall into {options.clusters} clusters."
        yield Violation(f"options.{method}.clusters", "too_many_clusters", detail)


def _folds(request: "OptimizationRequest", method: Any) -> Iterator[Violation]:
    options: Any = request.options.of(method)
    if method in request.methods and options.folds == 1:
        detail = "A single fold leaves nothing to learn from: send 0 for in sample, or at least 2."
        yield Violation(f"options.{method}.folds", "out_of_range", detail)
