"""Whose export a table is, and how brokers write cash, money-market funds and pending payments."""

import re

from infrastructure.imports.aliases import header_key
from infrastructure.imports.tables import Table
from infrastructure.imports.vocabulary import CURRENCIES

_SIGNATURES: dict[str, tuple[frozenset[str], ...]] = {
    "schwab": (frozenset(("symbol", "qtyquantity")), frozenset(("symbol", "mktvalmarketvalue"))),
    "fidelity": (
        frozenset(("accountnumber", "symbol", "currentvalue", "costbasistotal")),
        frozenset(("accountnumber", "symbol", "currentvalue", "lastpricechange")),
    ),
    "vanguard": (frozenset(("accountnumber", "investmentname", "symbol", "shares", "shareprice")),),
    "ibkr": (
        frozenset(("symbol", "fifopnlunrealized")),
        frozenset(("symbol", "costbasismoney")),
        frozenset(("clientaccountid", "symbol")),
    ),
}
TOTAL_COST_FORMATS = frozenset(("schwab", "fidelity", "ibkr"))

_CASH = re.compile(
    r"CASH|\$?CASH\s*(?:\([A-Z]{3}\))?|(?:[A-Z]{3})[\s._-]CASH|CASH[\s._-](?:[A-Z]{3})|CUR:[A-Z]{3}|\$\$CASH|"
    r"CASH (?:&|AND) CASH (?:INVESTMENTS|EQUIVALENTS)|CASH BALANCE|CASH POSITION|UNINVESTED CASH|BANK SWEEP|"
    r"CASH (?:&|AND) (?:MONEY MARKET|EQUIVALENTS)|CASH (?:&|AND) SWEEP.*|SWEEP|TOTAL CASH|FCASH|"
    r"BARGELD|LIQUIDIT[ÄA]T|VERRECHNUNGSKONTO|GUTHABEN|ESP[ÈE]CES|LIQUIDIT[ÉE]S|EFECTIVO|LIQUIDEZ|CONTANTEN|"
    r"LIQUIDE MIDDELEN|GELD",
)
_CASH_NAME = re.compile(
    r"CASH (?:&|AND) CASH INVESTMENTS|(?:[A-Z]{3} )?CASH(?: BALANCE)?|HELD IN (?:FCASH|MONEY MARKET)|"
    r"CASH RESERVES?|"
    r"UNINVESTED CASH|CASH & CASH FUND.*|FDIC[ -]INSURED DEPOSIT.*|BANK DEPOSIT SWEEP.*",
)
_PENDING = re.compile(
    r"PENDING (?:ACTIVITY|TRANSACTIONS?|CREDITS?|DEBITS?|TRADES?)|UNSETTLED (?:CASH|ACTIVITY)"
)
_FUND_TICKER = re.compile(r"[A-Z]{3}XX")
_FUND_NAME = re.compile(r"MONEY MARKET|CASH RESERVES|GELDMARKT|SETTLEMENT FUND|GOVERNMENT CASH")
_HINT_WORDS = (
    "CASH XX CUR: PENDING UNSETTLED MONEY SWEEP GELD LIQUID GUTHABEN ESP EFECTIVO CONTANT KONTO DEPOSIT "
    "SETTLEMENT"
)
_HINTS = tuple(_HINT_WORDS.split())
_CODE = re.compile(r"\b[A-Z]{3}\b")


def broker_of(table: Table) -> str:
    """Name the broker whose header this is, `generic` when none."""
    if table.title.startswith("Positions for ") and " as of " in table.title:
        return "schwab"
    keys = {header_key(cell) for cell in table.header}
    matches = (name for name, sets in _SIGNATURES.items() if any(signature <= keys for signature in sets))
    return next(matches, "generic")


def cash_candidates(tickers: list[str], names: list[str]) -> list[int]:
    """Return quickly the few places whose words could stand for cash; `cash_kind` looks closer."""
    texts = [f"{ticker}\n{name}".upper() for ticker, name in zip(tickers, names, strict=True)]
    joined = "\n".join(texts)
    present = [hint for hint in _HINTS if hint in joined]
    return sorted({place for hint in present for place, text in enumerate(texts) if hint in text})


def cash_kind(ticker: str, name: str) -> str | None:
    """Return `cash`, `pending`, `money_market` or `maybe_money_market` for such a row, None for a security.

    `USD` alone is the ticker of a fund; it is cash only where the asset class or the name says so.
    """
    name = name.upper()
    if _PENDING.fullmatch(ticker) or (not ticker and _PENDING.fullmatch(name)):
        return "pending"
    if _CASH.fullmatch(ticker) or (
        (not ticker or ticker in CURRENCIES) and (_CASH.fullmatch(name) or _CASH_NAME.fullmatch(name))
    ):
        return "cash"
    if _FUND_TICKER.fullmatch(ticker):
        return "money_market"
    return "maybe_money_market" if _CASH_NAME.fullmatch(name) or _FUND_NAME.search(name) else None


def currency_in_cash(ticker: str, *, classed: bool) -> str | None:
    """Return the currency a cash ticker names: CUR:USD, USD CASH, bare USD where the class says cash."""
    codes = [code for code in _CODE.findall(re.sub(r"CASH|CUR:", " ", ticker)) if code in CURRENCIES]
    return codes[0] if codes and (classed or len(ticker) > 3) else None
