"""Assets scored by momentum, low volatility, quality and value, each against the others of the request."""

from collections.abc import Callable, Mapping
from itertools import islice
from math import isnan
from typing import Final

import numpy as np

from analytics.factors.scores import (
    Floats,
    quality,
    ranks,
    scores,
    trailing_return,
    trailing_volatility,
)
from application.calculators.factor_score_request import (
    Factor,
    FactorScoreAnswer,
    FactorScoreRequest,
    ScoredAsset,
)
from domain.errors import Refused
from domain.unavailable import Missing

VIOLATIONS_MAX = 100


def calculate(request: FactorScoreRequest) -> FactorScoreAnswer:
    """Return scores and ranks of every asset.

    Raises
    ------
    Refused
        With every violation: tickers or factors that appear twice, too many prices.
    """
    violations = list(islice(request.violations(), VIOLATIONS_MAX))
    if violations:
        raise Refused("The assets cannot be compared.", violations=violations)
    values = {name: VALUES[name](request) for name in request.factors}
    better = {name: -found if name == "lowVol" else found for name, found in values.items()}
    tickers = [one.ticker for one in request.assets]
    return FactorScoreAnswer(
        scores=_by_ticker(tickers, {name: scores(found) for name, found in better.items()}),
        ranks={
            ticker: {name: None if place is None else int(place) for name, place in places.items()}
            for ticker, places in _by_ticker(
                tickers, {name: ranks(found) for name, found in better.items()}
            ).items()
        },
        values=_by_ticker(tickers, values),
        unavailable=_unavailable(request, values),
    )


def _by_ticker(tickers: list[str], figures: Mapping[Factor, Floats]) -> dict[str, dict[Factor, float | None]]:
    return {
        ticker: {name: _known(float(figure[at])) for name, figure in figures.items()}
        for at, ticker in enumerate(tickers)
    }


def _known(figure: float) -> float | None:
    return None if isnan(figure) else figure + 0.0


def _momentum(request: FactorScoreRequest) -> Floats:
    return _of_prices(request, trailing_return)


def _volatility(request: FactorScoreRequest) -> Floats:
    return _of_prices(request, trailing_volatility)


def _of_prices(request: FactorScoreRequest, measure: Callable[[Floats, int], float]) -> Floats:
    histories = (np.array(one.price_history, dtype=np.float64) for one in request.assets)
    return np.array([measure(prices, request.lookback) for prices in histories], dtype=np.float64)


def _quality(request: FactorScoreRequest) -> Floats:
    return quality(
        _floats([one.roe for one in request.assets]), _floats([one.debt_to_equity for one in request.assets])
    )


def _value(request: FactorScoreRequest) -> Floats:
    books = _floats([one.book_value_per_share for one in request.assets])
    found: Floats = books / _floats([one.price for one in request.assets])
    return found


def _floats(known: list[float | None]) -> Floats:
    return np.array([np.nan if one is None else one for one in known], dtype=np.float64)


VALUES: Final[Mapping[Factor, Callable[[FactorScoreRequest], Floats]]] = {
    "momentum": _momentum,
    "lowVol": _volatility,
    "quality": _quality,
    "value": _value,
}


def _unavailable(
    request: FactorScoreRequest, values: Mapping[Factor, Floats]
) -> dict[str, dict[Factor, Missing]]:
    found = {
        one.ticker: {
            name: _reason(one, name, request.lookback)
            for name, figures in values.items()
            if isnan(figures[at])
        }
        for at, one in enumerate(request.assets)
    }
    return {ticker: reasons for ticker, reasons in found.items() if reasons}


def _reason(asset: ScoredAsset, factor: Factor, lookback: int) -> Missing:
    if factor in ("momentum", "lowVol"):
        return _too_short(asset, lookback)
    needed = {"quality": ("roe", "debtToEquity"), "value": ("bookValuePerShare", "price")}[factor]
    sent = {
        "roe": asset.roe,
        "debtToEquity": asset.debt_to_equity,
        "bookValuePerShare": asset.book_value_per_share,
        "price": asset.price,
    }
    missing = [name for name in needed if sent[name] is None]
    if missing:
        return Missing(code="missing_fields", detail=f"It needs {' and '.join(missing)}.")
    return Missing(code="no_equity", detail="Debt to equity is negative: there is no equity to earn on.")


def _too_short(asset: ScoredAsset, lookback: int) -> Missing:
    if len(asset.price_history) > lookback:
        return Missing(code="too_few_prices", detail="One daily return has no volatility.")
    detail = f"{len(asset.price_history)} prices are known; {lookback + 1} are needed."
    return Missing(code="too_few_prices", detail=detail)
