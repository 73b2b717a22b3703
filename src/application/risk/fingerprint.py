"""The hash of everything a snapshot follows from: the same hash, the same snapshot, bit for bit."""

from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from application.risk.inputs import RiskInputs
from application.valuation.book import Book
from domain.unavailable import Missing

FORMULAS = "risk 3"
"""Changes whenever the same inputs give another snapshot."""


def inputs_hash(book: Book, inputs: RiskInputs, method: str) -> str:
    """Return the SHA-256 of names, settings and arrays in a fixed order."""
    current, benchmark, index, yields = inputs.current, inputs.benchmark, inputs.index, inputs.yields
    digest = sha256(msgspec.json.encode(_said(book, inputs, method), order="deterministic"))
    arrays: list[NDArray[Any]] = [
        current.days,
        current.returns,
        current.weights,
        current.cash_weights,
        current.cash_returns,
    ]
    arrays += [inputs.quantity, inputs.volume, book.value[-1]]
    if not isinstance(benchmark, Missing):
        arrays.append(benchmark.returns)
    if index is not None:
        arrays += [index.days, index.levels]
    if yields is not None:
        arrays += [yields.days, yields.rates]
    for array in arrays:
        digest.update(repr((array.dtype.str, array.shape)).encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _said(book: Book, inputs: RiskInputs, method: str) -> list[Any]:
    benchmark = inputs.benchmark
    compared = (
        benchmark
        if isinstance(benchmark, Missing)
        else (benchmark.ticker, benchmark.series, benchmark.source)
    )
    return [
        FORMULAS,
        method,
        inputs.window,
        inputs.as_of,
        book.portfolio_id,
        book.currency,
        [(one.position_id, one.instrument_id, one.ticker, one.sector) for one in book.positions],
        [one.position_id for one in inputs.current.positions],
        inputs.current.cash_currencies,
        inputs.current.total,
        inputs.current.excluded,
        compared,
        None if inputs.index is None else inputs.index.ticker,
        inputs.risk_free,
        None if inputs.yields is None else (inputs.yields.currency, inputs.yields.tenor),
        inputs.flags,
    ]
