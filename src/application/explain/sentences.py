"""A bridge in words."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from application.explain.answer import PositionBridge, Stage
from application.explain.request import ExplainQuestion, Metric

SUBJECTS: Final[dict[Stage, str]] = {
    "data_corrections": "What was told later about the first day",
    "scenarios": "The newer past by which losses are measured",
    "prices": "Prices",
    "fx": "Exchange rates",
    "income": "Dividends",
    "trades": "Purchases and sales",
    "holdings_changes": "Securities that came or went without cash",
    "flows": "Cash paid in or out",
    "targets": "Changed targets",
}
NAMED: Final = 3
"""Positions that a sentence names at most."""


def figure_name(question: ExplainQuestion) -> str:
    """Return what the explained figure is called in a sentence."""
    of = "" if question.bucket is None else f" of {question.bucket}"
    names: dict[Metric, str] = {
        "total_value": "total value",
        "weight": f"weight{of}",
        "var_95_1d": "one-day value at risk (95 %)",
        "drift": f"drift{of}" if of else "largest absolute drift",
    }
    return names[question.metric]


def told(amount: Decimal, currency: str | None) -> str:
    """Return an amount of money, or a fraction in percent."""
    if currency is not None:
        return f"{amount:,.2f} {currency}"
    return f"{amount * 100:.4f} %"


def difference_told(amount: Decimal, currency: str | None) -> str:
    """Return a difference of amounts of money, or of fractions: not percent, which would be of what was there."""
    return f"{amount * 100:.4f} percentage points" if currency is None else told(amount, currency)


def whole_sentence(
    name: str, start: Decimal, end: Decimal, days: tuple[str, str], currency: str | None
) -> str:
    """Return how the figure changed as a whole."""
    if start == end:
        return f"From {days[0]} to {days[1]} the {name} stayed at {told(end, currency)}."
    verb = "rose" if end > start else "fell"
    change = difference_told(abs(end - start), currency)
    return (
        f"From {days[0]} to {days[1]} the {name} {verb} by {change}, "
        f"from {told(start, currency)} to {told(end, currency)}."
    )


def step_sentence(
    stage: Stage, contribution: Decimal, currency: str | None, rows: Sequence[PositionBridge] = ()
) -> str:
    """Return what one step did, and which positions most of it comes from."""
    subject = SUBJECTS[stage]
    if not contribution and not (stage == "trades" and any(row.trades for row in rows)):
        return f"{subject} changed nothing."
    if not contribution:
        return f"{subject} changed nothing in total: {_named(stage, rows, currency)}."
    verb = "added" if contribution > 0 else "took off"
    parts = _named(stage, rows, currency)
    return f"{subject} {verb} {difference_told(abs(contribution), currency)}{f': {parts}' if parts else ''}."


def _named(stage: Stage, rows: Sequence[PositionBridge], currency: str | None) -> str:
    moved = [(getattr(row, stage), row.ticker) for row in rows if getattr(row, stage, None)]
    moved.sort(key=lambda one: (-abs(one[0]), one[1]))
    named = [f"{ticker} {amount:+,.2f}" for amount, ticker in moved[:NAMED]]
    rest = len(moved) - NAMED
    return ", ".join([*named, f"and {rest} more"] if rest > 0 else named)
