"""Tables of what methods take for the time to come: the regime, and returns blended with views."""

from collections.abc import Mapping
from typing import Final

from application.optimization.answer import MethodResult
from application.optimization.report import most_weighted
from infrastructure.report import wording
from infrastructure.report.markup import Markup, joined
from infrastructure.report.tables import Column, table

MOST_ROWS: Final = 50
_STATES: Final = ("Return", "Volatility", "Chance to stay", "Now", "Next period")
_RETURNS: Final = ("Weight", "In equilibrium", "With views", "Difference")


def forecasts(results: Mapping[str, MethodResult]) -> Markup | None:
    """Return the tables of all methods that have a regime or blended returns; None where none has."""
    told = [
        shown for name, one in results.items() for shown in (_regime(name, one), _blended(name, one)) if shown
    ]
    return joined(*told) if told else None


def _regime(name: str, one: MethodResult) -> Markup | None:
    if not one.regime:
        return None
    chances = one.regime["probabilities"]
    rows = [
        (
            state["label"],
            wording.percent(state["mean"], 1),
            wording.percent(state["volatility"], 1),
            *(wording.percent(share, 0) for share in (state["stay"], now, then)),
        )
        for state, now, then in zip(one.regime["states"], chances["now"], chances["next"], strict=True)
    ]
    columns = [Column("State", is_text=True), *(Column(heading) for heading in _STATES)]
    return table(f"{name}: the regime is {one.regime['label']}", columns, rows)


def _blended(name: str, one: MethodResult) -> Markup | None:
    if not (one.equilibrium_returns and one.posterior_returns):
        return None
    before, after, weights = one.equilibrium_returns, one.posterior_returns, one.weights or {}
    ordered = dict.fromkeys([*most_weighted({name: one}, MOST_ROWS), *before])
    rows = [
        (
            asset,
            wording.percent(weights.get(asset, 0.0), 1),
            wording.percent(before[asset]),
            wording.percent(after[asset]),
            wording.percent(after[asset] - before[asset]),
        )
        for asset in [*ordered][:MOST_ROWS]
    ]
    left = f"; {len(before) - len(rows)} more" if len(before) > len(rows) else ""
    columns = [Column("Asset", is_text=True), *(Column(heading) for heading in _RETURNS)]
    return table(f"{name}: expected returns{left}", columns, rows)
