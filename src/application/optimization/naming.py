"""What a request is about: the names of its assets, where its figures come from, methods inside of methods."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from domain.errors import Violation

if TYPE_CHECKING:
    from application.optimization.options import Method
    from application.optimization.request import OptimizationRequest

ON_RETURNS: Final = frozenset({"MinCVaR", "MinCDaR", "DistributionallyRobustCVaR", "HMMRegimeMVO"})
"""Methods that look at single periods, whatever their options."""


def is_inline(request: "OptimizationRequest") -> bool:
    """Whether the request brings its figures along."""
    return request.stocks is None and request.portfolio_id is None


def is_moments(request: "OptimizationRequest") -> bool:
    """Whether these figures are expected returns and a covariance."""
    return is_inline(request) and request.covariance is not None


def asset_names(request: "OptimizationRequest") -> list[str] | None:
    """Return what the assets are called in the answer; None for a portfolio, whose holdings are not known yet."""
    if request.stocks is not None:
        return unique_names([(one.ticker, one.exchange) for one in request.stocks])
    return request.assets


def unique_names(stocks: Sequence[tuple[str, str | None]]) -> list[str]:
    """Return the tickers, each with its exchange where another stock has the same ticker."""
    tickers = [spelled(ticker) for ticker, _ in stocks]
    often = Counter(tickers)
    return [
        f"{ticker}:{spelled(exchange)}" if exchange and often[ticker] > 1 else ticker
        for ticker, (_, exchange) in zip(tickers, stocks, strict=True)
    ]


def spelled(name: str) -> str:
    """Return a ticker or exchange as it is compared."""
    return name.strip().upper()


def called(name: str, request: "OptimizationRequest") -> str:
    """Return an asset's name as it is compared: inline names as they are, tickers whatever their case."""
    return name if is_inline(request) else spelled(name)


def inner_methods(request: "OptimizationRequest") -> "dict[Method, str]":
    """Return the methods inside of those that combine others, each with the field that names it."""
    inside: dict[Method, str] = {}
    if "NCO" in request.methods:
        nested: Any = request.options.of("NCO")
        inside |= {nested.inner: "options.NCO.inner"}
        inside.setdefault(nested.outer, "options.NCO.outer")
    if "StackingOptimization" in request.methods:
        stacked: Any = request.options.of("StackingOptimization")
        for at, method in enumerate(stacked.methods):
            inside.setdefault(method, f"options.StackingOptimization.methods.{at}")
        inside.setdefault(stacked.final, "options.StackingOptimization.final")
    return inside


def on_returns(method: "Method", request: "OptimizationRequest") -> str | None:
    """Return what of a method looks at single periods, None where nothing does."""
    if method in ON_RETURNS:
        return method
    options = request.options.of(method)
    if getattr(options, "risk_measure", None) == "cvar":
        return f"{method} by `cvar`"
    if getattr(options, "folds", False):
        return f"{method} with `folds`"
    return None


def named_twice(field: str, names: Iterable[str]) -> Iterator[Violation]:
    """Yield each name that was there before."""
    seen: dict[str, int] = {}
    for at, name in enumerate(names):
        if name in seen:
            yield Violation(f"{field}.{at}", "duplicate", f"{name} was named before, at {seen[name]}.")
        seen.setdefault(name, at)
