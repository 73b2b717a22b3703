"""From understood columns to positions and cash: what is left out and why, lots of one holding added up."""

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from itertools import compress
from operator import attrgetter
from typing import TypeVar, cast

import msgspec

from application.positions.file import AssetClass, CashRow, ColumnMapping, PositionRow
from domain.sectors import spelling_key
from infrastructure.imports.cash import cash_places, cash_rows
from infrastructure.imports.draft import IDENTIFIERS, Draft
from infrastructure.imports.figures import settle_figures
from infrastructure.imports.findings import Findings, Flaw, rows_named
from infrastructure.imports.tables import Table
from infrastructure.imports.vocabulary import FUND_WORDS

T = TypeVar("T")
_AVERAGE = Context(prec=15)
_CASH_COLUMNS = frozenset(("account", "quantity", "current_price", "market_value", "currency"))
_INFORMAL = frozenset(("market_value", "base_value", "multiplier"))


def holdings_of(
    draft: Draft, table: Table, mapping: ColumnMapping, findings: Findings
) -> tuple[list[PositionRow], list[CashRow]]:
    """Return the positions and the cash of a table; every row with an error is left out and told."""
    cash = cash_places(draft)
    _tell_flaws(draft, table, cash, findings)
    _tell_notes(draft, findings)
    _require_identity(draft, table, cash, findings)
    _refuse_negative(draft, table, cash, findings)
    _tell_classes(draft, table, cash, findings)
    amounts = cash_rows(draft, cash, table, findings)
    _without(draft, cash)
    _compare_identifiers(draft, findings)
    settle_figures(draft, table.format, mapping, findings)
    return _merged_lots(_positions(draft), findings), amounts


def _tell_flaws(draft: Draft, table: Table, cash: dict[int, str], findings: Findings) -> None:
    for column, flaws in draft.flaws.items():
        texts = table.texts(column) or []
        for place, flaw in flaws.items():
            matters = column in _CASH_COLUMNS if place in cash else column not in _INFORMAL
            if not matters:
                continue
            findings.error(draft.lines[place], column, texts[place], flaw)
            draft.bad.add(place)


def _tell_notes(draft: Draft, findings: Findings) -> None:
    """Tell each thing once, with all its rows: a region is often the same in every row."""
    codes = {"geography": "unknown_geography", "exchange": "unknown_exchange"}
    rows: dict[tuple[str, str], list[int]] = {}
    for place, column, note in draft.notes:
        if place not in draft.bad:
            rows.setdefault((column, note), []).append(draft.lines[place])
    for (column, note), lines in rows.items():
        one = lines[0] if len(lines) == 1 else None
        message = note if one else f"{note[:-1]} in {rows_named(lines)}."
        findings.warn(one, column, codes.get(column, "leading_zero_restored"), message)


def _compare_identifiers(draft: Draft, findings: Findings) -> None:
    """An American or Canadian ISIN is the country, the CUSIP and a check digit."""
    for place, (isin, cusip) in enumerate(zip(draft.ids["isin"], draft.ids["cusip"], strict=True)):
        if isin and cusip and isin[:2] in ("US", "CA") and isin[2:11] != cusip:
            message = f"ISIN {isin} and CUSIP {cusip} name different securities."
            findings.warn(draft.lines[place], "cusip", "isin_cusip_mismatch", message)


def _require_identity(draft: Draft, table: Table, cash: dict[int, str], findings: Findings) -> None:
    """A position needs a quantity, and a ticker or an identifier."""
    flawed = draft.flaws.get("quantity", {})
    for place, quantity in enumerate(draft.figure("quantity")):
        if quantity is None and place not in cash and place not in flawed:
            findings.error(
                draft.lines[place], "quantity", None, Flaw("missing_quantity", "Quantity is missing")
            )
            draft.bad.add(place)
    for place, ticker in enumerate(draft.tickers):
        if not ticker and place not in cash and not _identified(draft, place):
            findings.error(draft.lines[place], "ticker", None, _NO_IDENTITY)
            draft.bad.add(place)


_NO_IDENTITY = Flaw(
    "missing_identifier", "Neither ticker nor identifier", "Give a ticker, an ISIN or a CUSIP."
)


def _identified(draft: Draft, place: int) -> bool:
    """Tell whether a row names its instrument; a flawed identifier is told already and counts here."""
    flaws = draft.flaws
    return any(draft.ids[kind][place] for kind in IDENTIFIERS) or any(
        place in flaws.get(kind, ()) for kind in ("ticker", *IDENTIFIERS)
    )


def _refuse_negative(draft: Draft, table: Table, cash: dict[int, str], findings: Findings) -> None:
    for column in ("current_price", "avg_cost_price"):
        texts = table.texts(column)
        for place, price in enumerate(draft.figures.get(column, ())):
            if price is not None and price < 0 and place not in cash and texts is not None:
                flaw = Flaw("negative_price", f"Negative {column} '{texts[place].strip()}'", _SHORT_ADVICE)
                findings.error(draft.lines[place], column, texts[place], flaw)
                draft.bad.add(place)


_SHORT_ADVICE = "A short position has a negative quantity and a positive price."


def _without(draft: Draft, cash: dict[int, str]) -> None:
    """Keep only the places of sound positions."""
    out = draft.bad | cash.keys()
    if not out:
        return
    keep = [place not in out for place in range(len(draft.lines))]
    for name in (
        "lines",
        "accounts",
        "tickers",
        "names",
        "classes",
        "currencies",
        "sectors",
        "geographies",
        "exchanges",
    ):
        setattr(draft, name, _kept(getattr(draft, name), keep))
    draft.factors = _kept(draft.factors, keep) if draft.factors is not None else None
    draft.ids = {kind: _kept(column, keep) for kind, column in draft.ids.items()}
    draft.figures = {name: _kept(column, keep) for name, column in draft.figures.items()}


def _kept(column: Iterable[T], keep: Sequence[bool]) -> list[T]:
    return list(compress(column, keep))


def _tell_classes(draft: Draft, table: Table, cash: dict[int, str], findings: Findings) -> None:
    texts = table.texts("asset_class") or []
    words = {text for text in set(texts) if spelling_key(text) in FUND_WORDS}
    out = draft.bad | cash.keys()
    funds = (
        {text for place, text in enumerate(texts) if text in words and place not in out} if words else None
    )
    if funds:
        message = (
            f"The class {' and '.join(sorted(funds))} was read as equity; say fixed_income for bond funds."
        )
        findings.warn(None, "asset_class", "fund_class_assumed", message)


def _positions(draft: Draft) -> list[PositionRow]:
    ids, quantities = draft.ids, cast(list[Decimal], draft.figure("quantity"))
    classes = cast(list[AssetClass], draft.classes)
    return [
        PositionRow(
            row=row,
            account=account,
            ticker=ticker,
            security_name=name,
            asset_class=asset_class or "equity",
            quantity=quantity,
            avg_cost_price=cost,
            current_price=price,
            currency=currency,
            sector=sector,
            geography=geography,
            isin=isin,
            cusip=cusip,
            sedol=sedol,
            figi=figi,
            exchange=exchange,
        )
        for row, account, ticker, name, asset_class, quantity, cost, price, currency, sector, geography, isin,
        cusip, sedol, figi, exchange in zip(
            draft.lines, draft.accounts, draft.tickers, draft.names, classes, quantities,
            draft.figure("avg_cost_price"), draft.figure("current_price"), draft.currencies, draft.sectors,
            draft.geographies, ids["isin"], ids["cusip"], ids["sedol"], ids["figi"], draft.exchanges,
            strict=True,
        )
    ]  # fmt: skip


Identity = tuple[str | None, ...]


_identity = attrgetter("account", "ticker", "isin", "cusip", "sedol", "figi", "currency")


def _merged_lots(rows: list[PositionRow], findings: Findings) -> list[PositionRow]:
    """Add up rows of exactly the same account and instrument, in the place of the first."""
    lots: dict[Identity, list[PositionRow]] = {}
    for row in rows:
        lots.setdefault(_identity(row), []).append(row)
    if len(lots) == len(rows):
        return rows
    return [group[0] if len(group) == 1 else _one_of(group, findings) for group in lots.values()]


def _one_of(group: list[PositionRow], findings: Findings) -> PositionRow:
    first = group[0]
    total = sum((lot.quantity for lot in group), Decimal(0))
    message = f"{rows_named(lot.row for lot in group).capitalize()} hold one position and were added up."
    findings.warn(first.row, None, "lots_merged", message)
    prices = [lot.current_price for lot in group if lot.current_price is not None]
    return msgspec.structs.replace(
        first,
        quantity=total,
        avg_cost_price=_average_cost(group, total),
        current_price=prices[0] if prices else None,
    )


def _average_cost(group: list[PositionRow], total: Decimal) -> Decimal | None:
    """The cost averaged by quantity; none when a lot has no cost or the quantities cancel out."""
    costs = [lot.avg_cost_price for lot in group]
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs) or not total:
        return None
    if len(set(known)) == 1:
        return known[0]
    spent = sum((cost * lot.quantity for cost, lot in zip(known, group, strict=True)), Decimal(0))
    return abs(Decimal(format(_AVERAGE.divide(spent, total).normalize(), "f")))
