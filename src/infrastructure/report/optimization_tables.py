"""Tables of an optimisation: methods side by side, weights, and how each was computed."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from application.optimization.answer import Comparison, MethodError, MethodResult, Place
from application.optimization.report import most_weighted
from infrastructure.report import wording
from infrastructure.report.markup import Markup, joined, tag
from infrastructure.report.tables import Column, table

MOST_ROWS: Final = 100
COMPARED: Final[tuple[tuple[str, Callable[[Place], str]], ...]] = (
    ("Return", lambda one: wording.percent(one.expected_return, 1)),
    ("Volatility", lambda one: wording.percent(one.volatility, 1)),
    ("Sharpe", lambda one: wording.number(one.sharpe_ratio)),
    ("CVaR 95 %", lambda one: wording.percent(one.cvar_95, 1)),
    ("Assets, effectively", lambda one: wording.number(one.effective_number_of_assets, 1)),
    ("Turnover", lambda one: wording.percent(one.turnover, 0)),
    ("Return, tested", lambda one: wording.percent(one.out_of_sample_return, 1)),
    ("Volatility, tested", lambda one: wording.percent(one.out_of_sample_volatility, 1)),
    ("Sharpe, tested", lambda one: wording.number(one.out_of_sample_sharpe_ratio)),
    ("Drawdown, tested", lambda one: wording.percent(one.out_of_sample_max_drawdown, 1)),
)
UPRIGHT_FROM: Final = 9
"""Methods from which on their names stand upright above their columns."""
MOST_NESTED: Final = 4
"""Values of an option that is a list or an object, shown before the rest is counted."""


def comparison(shown: Comparison) -> Markup:
    """Return the methods by rank, promised figures beside those of periods they had not seen."""
    columns = [Column("Method", is_text=True), *(Column(heading) for heading, _ in COMPARED)]
    rows = [
        (joined(f"{one.rank}. ", _breakable(one.method)), *(write(one) for _, write in COMPARED))
        for one in shown.ranking
    ]
    return table("Methods, the best first", columns, rows, class_="compared")


def weights(results: Mapping[str, MethodResult]) -> Markup:
    """Return the weight of each asset by method."""
    assets = most_weighted(results, MOST_ROWS)
    columns = [Column("Asset", is_text=True), *(Column(_breakable(name)) for name in results)]
    rows = [
        (asset, *(_weight((one.weights or {}).get(asset, 0.0)) for one in results.values()))
        for asset in assets
    ]
    left = len({name for one in results.values() for name in one.weights or {}}) - len(assets)
    note = f"; {left} more have less or none" if left else ""
    upright = "upright" if len(results) >= UPRIGHT_FROM else None
    return table(f"Weights, percent{note}", columns, rows, class_=upright)


def methods(results: Mapping[str, MethodResult]) -> Markup:
    """Return how each method was computed."""
    names = ("Method", "Options", "Solver", "What to know")
    rows = [
        (
            name,
            _options(one.options),
            " ".join(filter(None, (one.solver, one.solver_status and f"({one.solver_status})"))),
            _notes(one),
        )
        for name, one in results.items()
    ]
    return table("How each was computed", [Column(name, is_text=True) for name in names], rows)


def failures(results: Mapping[str, MethodResult]) -> Markup:
    """Return why methods have no weights, and what would help."""
    names = ("Method", "Reason", "What would help")
    rows = [
        (name, one.error.detail if one.error else "It did not finish.", _help(one.error or None))
        for name, one in results.items()
    ]
    return table("Methods without weights", [Column(name, is_text=True) for name in names], rows)


def _help(error: MethodError | None) -> object:
    if error is None or not error.relaxations:
        return ""
    ways = (
        tag("li", f"{one.label}: {wording.number(one.needed, 4)} instead of {wording.number(one.asked, 4)}")
        for one in error.relaxations
    )
    return tag("ul", *ways)


def _breakable(name: str) -> Markup:
    """Return a method's name that may be broken between its words."""
    first, *others = re.findall(r"C[VD]aR|[A-Z]+\d*(?![a-z])|[A-Z][a-z]*|[^A-Z]+", name)
    return joined(first, *(part for word in others for part in (tag("wbr"), word)))


def _weight(value: float) -> str:
    return "" if value == 0 else wording.number(100 * value, 1)


def _options(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in options.items()) or wording.NOTHING


def _plain(value: Any) -> str:
    """Return a value in short: of many, the first few and how many there are."""
    if isinstance(value, Mapping):
        value = [f"{name} {_plain(one)}" for name, one in value.items()]
    if isinstance(value, list | tuple):
        more = f" … {len(value)} in all" if len(value) > MOST_NESTED else ""
        return "(" + ", ".join(_plain(one) for one in value[:MOST_NESTED]) + more + ")"
    return wording.NOTHING if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _stacked(one: MethodResult) -> list[str]:
    """Return the shares of the methods in a stack, the largest first, as one line."""
    shares = sorted((one.stack or {}).items(), key=lambda share: (-share[1], share[0]))
    told = ", ".join(f"{wording.percent(share, 1)} {name}" for name, share in shares if share)
    return [f"Mixed of {told}."] if told else []


def _notes(one: MethodResult) -> Markup | str:
    told = [
        *_stacked(one),
        *(note.detail for note in one.notes),
        *(f"Tried before: {line}" for line in one.fallbacks),
    ]
    return joined(*(tag("p", line, class_="cell") for line in told)) if told else ""
