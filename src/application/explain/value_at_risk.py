"""Value at risk of a portfolio whose parts have given values, as the risk snapshot computes it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

import numpy as np

from application.explain.components import Parts
from application.market.history import Floats, MarketHistory
from application.risk.figures import Figures
from application.risk.inputs import risk_inputs
from application.risk.measure import nothing_to_measure, past_of
from application.risk.tails import tell_tails
from application.valuation.book import Book, BookPosition
from domain.errors import Refused, Violation

Measured: TypeAlias = Callable[[Floats, np.datetime64], Awaitable[Decimal]]


def var_of(
    history: MarketHistory,
    tenant: str,
    book: Book,
    positions: Mapping[UUID, BookPosition],
    moved: Parts,
    *,
    known_at: datetime | None,
) -> Measured:
    """Return the function of the parts' values and of the day up to which past returns count.

    positions : what the parts with a position are.
    """

    async def measured(values: Floats, day: np.datetime64) -> Decimal:
        at_values = _one_day(book, positions, moved, values, day)
        inputs = await risk_inputs(history, tenant, at_values, known_at=known_at)
        past = past_of(inputs)
        missing = nothing_to_measure(past)
        if missing is not None:
            raise Refused(missing.detail, violations=[Violation("metric", missing.code, missing.detail)])
        figures = Figures()
        tell_tails(figures, past.returns @ past.weights, "historical", seed=0)
        return Decimal(repr(figures.values["var_95_1d"] or 0.0))

    return measured


def _one_day(
    book: Book, positions: Mapping[UUID, BookPosition], moved: Parts, values: Floats, day: np.datetime64
) -> Book:
    """A book of one day in which every part is worth what is said: units of one, at a price of one."""
    held = [at for at, part in enumerate(moved.parts) if part.position_id is not None]
    cash = [at for at, part in enumerate(moved.parts) if part.position_id is None]
    ones, no_income = np.ones((1, len(held))), np.zeros((1, len(held)))
    quantity, balance = values[None, held], values[None, cash]
    return replace(
        book,
        positions=tuple(positions[id_] for part in moved.parts if (id_ := part.position_id) is not None),
        cash_currencies=tuple(moved.parts[at].ticker.removeprefix("CASH:") for at in cash),
        days=np.array([day], dtype="datetime64[D]"),
        quantity=quantity,
        before=quantity,
        price=ones,
        rate=ones,
        income=no_income,
        cash=balance,
        cash_before=balance,
        cash_rate=np.ones((1, len(cash))),
        priced_on=None,
        excluded=(),
    )
