"""How holdings are spread: over instruments, sectors, and days of trading."""

import numpy as np

from analytics.risk.concentration import herfindahl, top_weight
from analytics.risk.liquidity import days_to_liquidate, liquid_share
from application.market.history import Floats
from application.risk.inputs import VOLUME_DAYS, RiskInputs
from application.valuation.book import Book
from domain.risk import Liquidity, LiquidityOfPosition

PARTICIPATION = 0.2
UNCLASSIFIED = "unclassified"


def instrument_weights(book: Book) -> Floats:
    """Return weights by instrument, accounts together, over the total value, cash included in that."""
    total = float(book.total[-1])
    sums: dict[object, float] = {}
    for one, value in zip(book.positions, book.value[-1].tolist(), strict=True):
        if value:
            sums[one.instrument_id] = sums.get(one.instrument_id, 0.0) + value
    return np.array(list(sums.values())) / total if total > 0 else np.empty(0)


def concentration(book: Book) -> dict[str, float | None]:
    """Return the Herfindahl index and the weights of the largest; None where there is nothing to weigh."""
    weights = instrument_weights(book)
    if not len(weights):
        return {"hhi": None, "top5_weight": None, "top10_weight": None}
    return {
        "hhi": herfindahl(weights),
        "top5_weight": top_weight(weights, 5),
        "top10_weight": top_weight(weights, 10),
    }


def sector_exposure(book: Book) -> dict[str, float]:
    """Return signed weights by sector, `cash` among them; they sum to 1. Empty where nothing is of value."""
    total = float(book.total[-1])
    if total <= 0:
        return {}
    sums: dict[str, float] = {}
    for one, value in zip(book.positions, book.value[-1].tolist(), strict=True):
        if value:
            sector = "cash" if one.asset_class == "cash" else one.sector or UNCLASSIFIED
            sums[sector] = sums.get(sector, 0.0) + value
    cash = float(np.nan_to_num(book.cash[-1] * book.cash_rate[-1]).sum())
    if cash:
        sums["cash"] = sums.get("cash", 0.0) + cash
    return {sector: value / total for sector, value in sorted(sums.items(), key=lambda item: -item[1])}


def liquidity_of(inputs: RiskInputs) -> Liquidity | None:
    """Return days to liquidate at a fifth of the volume; None where no volume, or no weight, is known."""
    current = inputs.current
    traded = np.flatnonzero((inputs.volume > 0) & (np.abs(current.weights) > 0))
    if not traded.size:
        return None
    days = days_to_liquidate(inputs.quantity[traded], inputs.volume[traded], PARTICIPATION)
    values = current.weights[traded]
    positions = [
        LiquidityOfPosition(
            ticker=current.positions[at].ticker,
            position_id=current.positions[at].position_id,
            average_daily_volume=float(inputs.volume[at]),
            days_to_liquidate=float(time),
        )
        for at, time in zip(traded, days, strict=True)
    ]
    return Liquidity(
        participation=PARTICIPATION,
        window=VOLUME_DAYS,
        positions=sorted(positions, key=lambda one: (-one.days_to_liquidate, one.ticker)),
        covered_weight=float(np.abs(values).sum()),
        days_to_liquidate_max=float(days.max()),
        liquid_within_1d=liquid_share(values, days, 1),
        liquid_within_5d=liquid_share(values, days, 5),
    )
