"""Rules on the limits of a request: what they name, what sums to one, what crosses."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from application.optimization.naming import asset_names, called, is_inline, named_twice
from domain.errors import Violation, below
from domain.rules import each, gathered

if TYPE_CHECKING:
    from application.optimization.request import Group, OptimizationRequest, SectorLimit

ROUNDING: Final = 5e-3
"""Weights that were rounded to percents may miss their sum by so much."""


def limit_violations(request: "OptimizationRequest") -> Iterator[Violation]:
    """Yield what is wrong with limits, and with names and shares in options."""
    return gathered(
        _sums(request),
        _named(request),
        _views(request),
        _bounds(request),
        _groups(request),
        _sectors(request),
        _turnover(request),
        _critical_line(request),
    )


def _sums(request: "OptimizationRequest") -> Iterator[Violation]:
    """Shares and weights of a whole."""
    return gathered(
        _shares(request, "RiskBudgeting", "risk_budget"),
        _shares(request, "BlackLitterman", "market_weights"),
        _held(request),
    )


def _shares(request: "OptimizationRequest", method: Any, option: str) -> Iterator[Violation]:
    shares = getattr(request.options.of(method), option)
    if shares is not None and abs((total := sum(shares.values())) - 1) > ROUNDING:
        detail = f"Expected shares that sum to 1, not to {total:.6g}."
        yield Violation(f"options.{method}.{option}", "not_one", detail)


def _held(request: "OptimizationRequest") -> Iterator[Violation]:
    held = request.constraints.current_weights
    if held and any(held.values()):
        total = sum(held.values())
        if min(abs(total - 1), abs(total - request.constraints.budget)) > ROUNDING:
            detail = f"Expected weights that sum to 1, not to {total:.6g}; all are 0 where nothing is held."
            yield Violation("constraints.current_weights", "not_one", detail)


def _named_in_options(request: "OptimizationRequest") -> Iterator[tuple[str, Mapping[str, float]]]:
    budgeting: Any = request.options.of("RiskBudgeting")
    if budgeting.risk_budget is not None:
        yield "options.RiskBudgeting.risk_budget", budgeting.risk_budget
    blended: Any = request.options.of("BlackLitterman")
    if blended.market_weights is not None:
        yield "options.BlackLitterman.market_weights", blended.market_weights
    for at, view in enumerate(blended.views or ()):
        yield f"options.BlackLitterman.views.{at}.assets", view.assets


def _named(request: "OptimizationRequest") -> Iterator[Violation]:
    """Names of assets that are none of the request's."""
    names = asset_names(request)
    if names is not None:
        yield from strangers(request, names)


def _views(request: "OptimizationRequest") -> Iterator[Violation]:
    blended: Any = request.options.of("BlackLitterman")
    for at, view in enumerate(blended.views or ()):
        if not any(view.assets.values()):
            field = f"options.BlackLitterman.views.{at}.assets"
            yield Violation(field, "out_of_range", "Every coefficient is 0: the view speaks of nothing.")


def strangers(request: "OptimizationRequest", names: Sequence[str]) -> Iterator[Violation]:
    """Yield where the request speaks of an asset that is not one of `names`, and where a risk budget forgets one."""
    known = frozenset(names)
    limits = request.constraints
    places: list[tuple[str, Iterable[str]]] = [
        (f"constraints.{field}", named)
        for field in ("min_weight", "max_weight", "current_weights")
        if isinstance(named := getattr(limits, field), dict)
    ]
    places += _named_in_options(request)
    for field, named in places:
        for name in named:
            if called(name, request) not in known:
                yield Violation(below(field, name), "unknown_asset", f"{name} is none of the assets.")
    for at, group in enumerate(limits.groups):
        for place, name in enumerate(group.assets):
            if called(name, request) not in known:
                field = f"constraints.groups.{at}.assets.{place}"
                yield Violation(field, "unknown_asset", f"{name} is none of the assets.")
    budgeting: Any = request.options.of("RiskBudgeting")
    if budgeting.risk_budget is not None:
        told = {called(name, request) for name in budgeting.risk_budget}
        for name in names:
            if name not in told:
                detail = f"{name} has no share; a budget names every asset."
                yield Violation("options.RiskBudgeting.risk_budget", "missing", detail)


def _bounds(request: "OptimizationRequest") -> Iterator[Violation]:
    """A lowest weight above the highest one."""
    lowest, highest = request.constraints.min_weight, request.constraints.max_weight
    names = {*(lowest if isinstance(lowest, dict) else ()), *(highest if isinstance(highest, dict) else ())}
    if not names:
        yield from _crossed("constraints.min_weight", _bound(lowest, "", 0.0), _bound(highest, "", 1.0))
    for name in sorted(names):
        field = "min_weight" if isinstance(lowest, dict) and name in lowest else "max_weight"
        one = getattr(request.constraints, field)
        place = below(f"constraints.{field}", name) if isinstance(one, dict) else f"constraints.{field}"
        yield from _crossed(place, _bound(lowest, name, 0.0), _bound(highest, name, 1.0))


def _bound(bound: float | Mapping[str, float] | None, name: str, default: float) -> float:
    if isinstance(bound, Mapping):
        return bound.get(name, default)
    return default if bound is None else bound


def _crossed(field: str, lowest: float | None, highest: float | None) -> Iterator[Violation]:
    if lowest is not None and highest is not None and lowest > highest:
        detail = f"The lowest weight {lowest:g} is above the highest one, {highest:g}."
        yield Violation(field, "infeasible", detail)


def _groups(request: "OptimizationRequest") -> Iterator[Violation]:
    yield from each(_group, request.constraints.groups, "constraints.groups")


def _group(group: "Group", path: str) -> Iterator[Violation]:
    yield from named_twice(f"{path}.assets", group.assets)
    yield from _limited(group, path)


def _limited(limit: "Group | SectorLimit", path: str) -> Iterator[Violation]:
    if limit.min_weight is None and limit.max_weight is None:
        yield Violation(path, "missing", "Expected `min_weight`, `max_weight` or both.")
    yield from _crossed(f"{path}.min_weight", limit.min_weight, limit.max_weight)


def _sectors(request: "OptimizationRequest") -> Iterator[Violation]:
    for sector, limit in request.constraints.sectors.items():
        path = below("constraints.sectors", sector)
        if is_inline(request):
            detail = "Inline assets have no sector; say in `constraints.groups` which belong together."
            yield Violation(path, "not_used", detail)
        yield from _limited(limit, path)


def _turnover(request: "OptimizationRequest") -> Iterator[Violation]:
    limits = request.constraints
    if limits.max_turnover is not None and limits.current_weights is None and request.portfolio_id is None:
        detail = "Turnover is measured from `constraints.current_weights`, which are missing."
        yield Violation("constraints.max_turnover", "missing", detail)
    if limits.current_weights is not None and request.portfolio_id is not None:
        detail = "A portfolio brings its own current weights."
        yield Violation("constraints.current_weights", "not_both", detail)


def _critical_line(request: "OptimizationRequest") -> Iterator[Violation]:
    method = "CriticalLineAlgorithm"
    if method not in request.methods:
        return
    limits = request.constraints
    for name in (
        "groups", "sectors", "target_return", "target_volatility", "max_assets", "max_turnover", "max_gross",
    ):  # fmt: skip
        if getattr(limits, name) not in (None, [], {}):
            detail = f"{method} takes weights of single assets and a budget only; MVO takes `{name}`, too."
            yield Violation(f"constraints.{name}", "unsupported_constraint", detail)
