"""Rules over several fields of a request for an optimisation, none of which needs more than the request."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from application.optimization.cluster_rules import cluster_violations
from application.optimization.limit_rules import limit_violations
from application.optimization.naming import (
    inner_methods,
    is_inline,
    is_moments,
    named_twice,
    on_returns,
    spelled,
)
from application.optimization.options import OPTIONS, HMMOptions
from domain.errors import Violation
from domain.rules import each, gathered

if TYPE_CHECKING:
    from application.optimization.request import OptimizationRequest

ASSETS_MAX: Final = 1_000
CELLS_MAX: Final = 2_000_000
SOURCES: Final = (
    "`stocks`, `portfolio_id`, or `assets` with `returns`, with `prices` or with `expected_returns` and "
    "`covariance`"
)


def violations_of(request: "OptimizationRequest") -> Iterator[Violation]:
    """Yield what does not fit together."""
    return gathered(
        _sources(request),
        _figures(request),
        _too_many(request),
        _assets_twice(request),
        _methods_twice(request),
        _stocks_twice(request),
        _shape(request, "returns", 2),
        _shape(request, "prices", 3),
        _moments(request),
        _benchmark(request),
        _years(request),
        _window(request),
        _estimators(request),
        _needs(request),
        _options(request),
        _rates(request),
        _cap(request),
        cluster_violations(request),
        limit_violations(request),
    )


def _sources(request: "OptimizationRequest") -> Iterator[Violation]:
    given = [name for name in ("stocks", "portfolio_id", "assets") if getattr(request, name) is not None]
    if not given:
        yield Violation("stocks", "missing", f"Nothing says which assets: send {SOURCES}.")
    for name in given[1:]:
        yield Violation(name, "not_both", f"`{given[0]}` already says which assets: send {SOURCES}.")


def _figures(request: "OptimizationRequest") -> Iterator[Violation]:
    sent = [name for name in ("returns", "prices", "covariance") if getattr(request, name) is not None]
    if request.assets is None:
        moments = ["expected_returns"] if request.expected_returns is not None else []
        for name in [*sent, *moments]:
            if request.stocks is None and request.portfolio_id is None:
                yield Violation("assets", "missing", f"`{name}` need `assets`, the names of their columns.")
                return
            yield Violation(name, "not_both", f"Stocks and portfolios bring their own figures, not `{name}`.")
        return
    if not sent and request.expected_returns is None:
        yield Violation("returns", "missing", f"`assets` come with figures: send {SOURCES}.")
    for name in sent[1:]:
        yield Violation(name, "not_both", f"`{sent[0]}` already are the figures.")


def _too_many(request: "OptimizationRequest") -> Iterator[Violation]:
    for name in ("stocks", "assets"):
        count = len(getattr(request, name) or ())
        if count > ASSETS_MAX:
            yield Violation(name, "too_large", f"Expected at most {ASSETS_MAX:,} assets, not {count:,}.")
        elif count == 1:
            yield Violation(name, "too_few", "One asset leaves nothing to choose; expected at least two.")


def _assets_twice(request: "OptimizationRequest") -> Iterator[Violation]:
    yield from named_twice("assets", request.assets or ())


def _methods_twice(request: "OptimizationRequest") -> Iterator[Violation]:
    yield from named_twice("methods", request.methods)


def _stocks_twice(request: "OptimizationRequest") -> Iterator[Violation]:
    if request.stocks is not None and len(request.stocks) <= ASSETS_MAX:
        pairs = [f"{spelled(one.ticker)} {spelled(one.exchange or '')}".strip() for one in request.stocks]
        yield from named_twice("stocks", pairs)


def _shape(request: "OptimizationRequest", field: str, fewest: int) -> Iterator[Violation]:
    rows: Sequence[Sequence[float | None]] | None = getattr(request, field)
    if rows is None or request.assets is None:
        return
    if len(rows) < fewest:
        detail = f"Expected at least {fewest} rows, not {len(rows)}: nothing varies in fewer."
        yield Violation(field, "too_few_observations", detail)
    yield from each(partial(_width, width=len(request.assets)), rows, field)
    if sum(map(len, rows)) > CELLS_MAX:
        yield Violation(field, "too_large", f"Expected at most {CELLS_MAX:,} numbers in all.")


def _width(row: Sequence[object], path: str, *, width: int) -> Iterator[Violation]:
    if len(row) != width:
        detail = f"Expected a number for each of the {width} assets, not {len(row)}."
        yield Violation(path, "length", detail)


def _moments(request: "OptimizationRequest") -> Iterator[Violation]:
    means, matrix = request.expected_returns, request.covariance
    if request.assets is None or (means is None and matrix is None):
        return
    width = len(request.assets)
    if means is None:
        yield Violation("expected_returns", "missing", "`covariance` comes with `expected_returns`.")
    elif len(means) != width:
        yield from _width(means, "expected_returns", width=width)
    if matrix is None:
        if request.returns is None and request.prices is None:
            yield Violation("covariance", "missing", "`expected_returns` come with `covariance`.")
        else:
            yield Violation("expected_returns", "not_both", "Returns and prices have their own means.")
        return
    if width <= ASSETS_MAX:
        yield from _width(matrix, "covariance", width=width)
        yield from each(partial(_width, width=width), matrix[:ASSETS_MAX], "covariance")


def _benchmark(request: "OptimizationRequest") -> Iterator[Violation]:
    sent = request.benchmark_returns
    if request.benchmark is not None and request.assets is not None:
        detail = (
            "Inline figures have no days on which a benchmark could be looked up: send `benchmark_returns`."
        )
        yield Violation("benchmark", "not_used", detail)
    if sent is None:
        return
    periods = _periods(request)
    if periods is None:
        detail = "`benchmark_returns` belong to inline `returns` or `prices`; stocks and portfolios name a `benchmark`."
        yield Violation("benchmark_returns", "not_used", detail)
    elif len(sent) != periods:
        detail = f"Expected a return for each of the {periods} periods, not {len(sent)}."
        yield Violation("benchmark_returns", "length", detail)


def _periods(request: "OptimizationRequest") -> int | None:
    """How many returns inline figures have."""
    if request.assets is None:
        return None
    if request.returns is not None:
        return len(request.returns)
    return None if request.prices is None else len(request.prices) - 1


def _years(request: "OptimizationRequest") -> Iterator[Violation]:
    if not is_inline(request) and request.periods_per_year is not None:
        detail = "For stocks and portfolios it follows from `frequency`."
        yield Violation("periods_per_year", "not_used", detail)
    if is_inline(request) and request.frequency != "daily":
        detail = "Inline figures say how long their periods are by `periods_per_year`."
        yield Violation("frequency", "not_used", detail)


def _window(request: "OptimizationRequest") -> Iterator[Violation]:
    window = request.window
    if window.start is not None and window.end is not None and window.start >= window.end:
        yield Violation("window.start", "out_of_order", "The window begins before it ends.")
    if window.start is not None and window.periods is not None:
        yield Violation("window.periods", "not_both", "A window has a start or a number of periods.")
    if not is_inline(request):
        return
    for name in ("start", "end"):
        if getattr(window, name) is not None:
            yield Violation(f"window.{name}", "not_used", "Inline figures have no days.")
    if window.periods is not None and is_moments(request):
        yield Violation("window.periods", "not_used", "Expected returns and a covariance have no periods.")


def _estimators(request: "OptimizationRequest") -> Iterator[Violation]:
    if not is_moments(request):
        return
    for name in ("expected_returns", "covariance"):
        if getattr(request.estimators, name) != "empirical":
            detail = "Nothing is estimated where expected returns and a covariance are sent."
            yield Violation(f"estimators.{name}", "not_used", detail)


def _needs(request: "OptimizationRequest") -> Iterator[Violation]:
    """Methods that need what the request does not have."""
    asked = {method: f"methods.{at}" for at, method in reversed(list(enumerate(request.methods)))}
    unbenched = request.portfolio_id is None and request.benchmark is None
    if "BenchmarkTracker" in asked and unbenched and request.benchmark_returns is None:
        name = "benchmark_returns" if is_inline(request) else "benchmark"
        detail = f"BenchmarkTracker needs a benchmark to track: send `{name}`."
        yield Violation(asked["BenchmarkTracker"], "needs_benchmark", detail)
    if is_moments(request):
        for method, field in (asked | inner_methods(request)).items():
            if why := on_returns(method, request):
                detail = (
                    f"{why} needs returns or prices; expected returns and a covariance do not tell enough."
                )
                yield Violation(field, "needs_returns", detail)


def _options(request: "OptimizationRequest") -> Iterator[Violation]:
    taken = {*request.methods, *inner_methods(request)}
    for method in OPTIONS:
        if method not in taken and getattr(request.options, method):
            yield Violation(f"options.{method}", "not_used", f"{method} is not among the methods.")


def _rates(request: "OptimizationRequest") -> Iterator[Violation]:
    if is_inline(request):
        return
    for method in ("MVO", "CriticalLineAlgorithm"):
        if "risk_free_rate" in request.options.of(method).given():
            detail = "Stocks and portfolios take the risk-free rate of their currency from the rates table."
            yield Violation(f"options.{method}.risk_free_rate", "not_used", detail)


def _cap(request: "OptimizationRequest") -> Iterator[Violation]:
    """A cap that was asked for and leaves no room; the default gives way to few assets."""
    count, cap = (
        len(request.stocks or request.assets or ()),
        request.options.of("HMMRegimeMVO").given()["max_weight"],
    )
    budget = request.constraints.budget
    if (
        "HMMRegimeMVO" in request.methods
        and cap != HMMOptions().max_weight
        and 0 < cap * count < budget - 1e-9
    ):
        least = budget / count
        detail = (
            f"{count} weights of at most {cap:g} cannot add up to {budget:g}; at least {least:g} is needed."
        )
        yield Violation("options.HMMRegimeMVO.max_weight", "infeasible", detail)
