"""What a portfolio would gain or lose: episodes of the past replayed on its holdings, and shocks of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from application.market.history import MarketHistory
from application.risk.episodes import EPISODES, Episode
from application.risk.questions import (
    Scenario,
    StressAnswer,
    StressedPosition,
    StressedScenario,
    StressProxy,
    StressQuestion,
)
from application.risk.replay import Returned, holdings_of, replayed
from application.valuation.book import Book, BookPosition
from application.valuation.left_out import left_out
from domain.risk import DataFlag
from domain.sectors import sector_slug
from domain.unavailable import Missing

NO_SHOCKS: Final = Missing(
    code="no_shocks", detail="`custom` has to say a return for each symbol or sector, such as -0.2."
)
NO_VALUE: Final = Missing(code="no_value", detail="The holdings are worth nothing, or less.")


@dataclass(frozen=True, slots=True)
class Shocked:
    """Returns by holding in the order of `holdings_of`, and names that match none."""

    returns: list[float | None]
    unmatched: list[str]


async def stress(
    history: MarketHistory,
    tenant: str,
    book: Book,
    asked: StressQuestion,
    *,
    known_at: datetime | None = None,
) -> StressAnswer:
    """Return gains and losses of what a book holds on its last day.

    Where `custom` is asked for without saying what happens in it, that scenario says so and tells nothing.
    """
    scenarios = []
    for name in _wanted(asked):
        if name == "custom":
            scenarios.append(_unsaid() if asked.custom is None else _custom(book, asked.custom))
        else:
            episode = EPISODES[name]
            found = await replayed(history, tenant, book, episode, known_at=known_at)
            scenarios.append(_replayed(book, episode, found))
    return StressAnswer(
        portfolio_id=asked.portfolio_id,
        as_of=book.days[-1].item(),
        currency=book.currency,
        total_value=book.worth,
        scenarios=scenarios,
        excluded=left_out(book.excluded),
        data_quality=[DataFlag(ticker=one.ticker, code=one.code, detail=one.detail) for one in book.flags],
    )


def _wanted(asked: StressQuestion) -> list[Scenario]:
    added: list[Scenario] = ["custom"] if asked.custom is not None else []
    return list(dict.fromkeys([*asked.scenarios, *added]))


def _replayed(book: Book, episode: Episode, found: list[Returned]) -> StressedScenario:
    proxies = [
        StressProxy(ticker=holding.ticker, proxy=one.proxy)
        for holding, one in zip(holdings_of(book), found, strict=True)
        if one.proxy is not None
    ]
    return _scenario(book, episode.name, [one.change for one in found], proxies=proxies, episode=episode)


def _unsaid() -> StressedScenario:
    return StressedScenario(
        name="custom",
        pnl=None,
        pnl_percent=None,
        by_position=[],
        proxies=[],
        unmatched=[],
        starts=None,
        ends=None,
        unavailable={"pnl": NO_SHOCKS, "pnl_percent": NO_SHOCKS},
    )


def _custom(book: Book, shocks: Mapping[str, float]) -> StressedScenario:
    found = shocked(book, shocks)
    return _scenario(book, "custom", found.returns, unmatched=found.unmatched)


def shocked(book: Book, shocks: Mapping[str, float]) -> Shocked:
    """Return what each holding returns: its symbol's shock, else its sector's, else 0."""
    by_symbol = {name.casefold(): name for name in shocks}
    by_sector = {slug: name for name in shocks if (slug := sector_slug(name)) is not None}
    returns: list[float | None] = []
    used = set()
    for holding in holdings_of(book):
        position = holding.position
        name = None if position is None else _named(position, by_symbol, by_sector)
        returns.append(0.0 if name is None else shocks[name])
        used.add(name)
    return Shocked(returns, [name for name in shocks if name not in used])


def _named(position: BookPosition, by_symbol: dict[str, str], by_sector: dict[str, str]) -> str | None:
    own = by_symbol.get(position.ticker.casefold())
    if own is not None or position.sector is None:
        return own
    return by_sector.get(sector_slug(position.sector) or "")


def _scenario(
    book: Book,
    name: Scenario,
    returns: list[float | None],
    *,
    proxies: list[StressProxy] | None = None,
    unmatched: list[str] | None = None,
    episode: Episode | None = None,
) -> StressedScenario:
    rows = [
        StressedPosition(
            ticker=holding.ticker,
            position_id=None if holding.position is None else holding.position.position_id,
            value=holding.value,
            scenario_return=change,
            pnl=None if change is None else holding.value * change,
            pnl_percent=None if change is None else 100 * change,
        )
        for holding, change in zip(holdings_of(book), returns, strict=True)
    ]
    rows.sort(key=lambda row: (row.pnl is None, row.pnl or 0.0, row.ticker))
    total = float(book.total[-1])
    pnl = sum(row.pnl for row in rows if row.pnl is not None)
    return StressedScenario(
        name=name,
        pnl=pnl,
        pnl_percent=100 * pnl / total if total > 0 else None,
        by_position=rows,
        proxies=proxies or [],
        unmatched=unmatched or [],
        starts=None if episode is None else episode.starts,
        ends=None if episode is None else episode.ends,
        unavailable={} if total > 0 else {"pnl_percent": NO_VALUE},
    )
