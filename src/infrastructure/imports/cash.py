"""Telling cash from securities: cash rows, money-market funds and pending payments become amounts."""

from decimal import Decimal

from application.positions.file import CashRow
from infrastructure.imports.brokers import cash_candidates, cash_kind, currency_in_cash
from infrastructure.imports.draft import IDENTIFIERS, Draft
from infrastructure.imports.findings import Findings, Flaw
from infrastructure.imports.numbers import figure, read_numbers
from infrastructure.imports.tables import CashLine, Table
from infrastructure.imports.vocabulary import currency_code
from infrastructure.imports.words import tidy

_EXPLAINED = {
    "money_market": ("money_market_as_cash", "is a money-market fund and was read as cash"),
    "pending": ("pending_as_cash", "is money on its way and was read as cash"),
}


def cash_places(draft: Draft) -> dict[int, str]:
    """Return the places of rows that are cash, with their kind: cash, money_market or pending."""
    found = {place: "cash" for place, kind in enumerate(draft.classes) if kind == "cash"}
    prices, quantities = draft.figure("current_price"), draft.figure("quantity")
    for place in cash_candidates(draft.tickers, draft.names):
        kind = cash_kind(draft.tickers[place], draft.names[place])
        price, counted = prices[place], quantities[place] is not None
        if kind and _really(kind, draft, place, price, counted=counted):
            found[place] = "money_market" if kind == "maybe_money_market" else kind
    return found


def _really(kind: str, draft: Draft, place: int, price: Decimal | None, *, counted: bool) -> bool:
    """CASH is also a ticker, and not every fund of the money market keeps its price at one."""
    if kind == "cash":
        identified = any(draft.ids[name][place] for name in IDENTIFIERS)
        classed = draft.classes[place] not in ("", "cash") and "CASH" not in draft.names[place].upper()
        return not identified and not (classed and draft.names[place])
    if kind == "money_market":
        return price is None or price == 1
    if kind == "maybe_money_market":
        return draft.classes[place] in ("", "cash") and (price == 1 or (price is None and not counted))
    return True


def cash_rows(draft: Draft, places: dict[int, str], table: Table, findings: Findings) -> list[CashRow]:
    """Return the amounts of the rows that are cash and have no error."""
    labels, rows = table.texts("ticker") or draft.tickers, []
    for place in sorted(places):
        if place in draft.bad:
            continue
        amount, line = _amount(draft, place), draft.lines[place]
        ticker = tidy(labels[place])
        if amount is None:
            findings.error(line, "quantity", None, Flaw("missing_amount", "Cash without an amount"))
            continue
        kind = places[place]
        name = draft.names[place]
        label = " ".join(filter(None, (ticker, name))) if kind == "money_market" else name or ticker or "Cash"
        if kind in _EXPLAINED:
            code, words = _EXPLAINED[kind]
            findings.warn(line, None, code, f"{ticker or name} {words}.")
        currency = draft.currencies[place] or currency_in_cash(
            draft.tickers[place], classed=draft.classes[place] == "cash"
        )
        rows.append(
            CashRow(row=line, account=draft.accounts[place], currency=currency, amount=amount, label=label)
        )
    return rows


def _amount(draft: Draft, place: int) -> Decimal | None:
    """Quantity times price when both are there, else the market value, else the quantity."""
    quantity = draft.figure("quantity")[place]
    price = draft.figure("current_price")[place]
    value = draft.figure("market_value")[place]
    factor = draft.factors[place] if draft.factors else 1
    if quantity is not None and price is not None:
        return quantity * price * factor
    amount = value if value is not None else quantity
    return None if amount is None else amount * factor


def told_cash(lines: list[CashLine], findings: Findings) -> list[CashRow]:
    """Return the cash that a statement tells outside its table of positions."""
    rows = []
    for line in lines:
        value = read_numbers([line.amount], ".").values[0] if figure(line.amount) else None
        if value is None:
            findings.error(line.line, None, line.amount, Flaw("missing_amount", "Cash without an amount"))
            continue
        known = currency_code(line.currency)
        currency = known[0] if known else None
        rows.append(
            CashRow(row=line.line, account=line.account, currency=currency, amount=value, label=line.label)
        )
    return rows
