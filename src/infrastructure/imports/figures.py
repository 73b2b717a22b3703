"""Prices and costs per unit: totals divided, pence made pounds, bonds quoted per 100, and values checked."""

import math
from decimal import Context, Decimal
from statistics import median

from application.positions.file import ColumnMapping
from infrastructure.imports.brokers import TOTAL_COST_FORMATS
from infrastructure.imports.draft import Draft, Figures
from infrastructure.imports.findings import Findings, rows_named

_UNIT_PRECISION = Context(prec=15)
_TOLERANCE = Decimal("0.01")
_CENT = Decimal("0.02")
_NEAR_TIE = 0.05
_LISTED_MISMATCHES = 50


def per_unit(total: Decimal, quantity: Decimal) -> Decimal:
    """Divide a total by a quantity to fifteen significant digits; the sign of a short position is dropped."""
    unit = abs(_UNIT_PRECISION.divide(total, quantity))
    return Decimal(format(unit.normalize(), "f"))


def settle_figures(draft: Draft, file_format: str, mapping: ColumnMapping, findings: Findings) -> None:
    """Leave `current_price` and `avg_cost_price` per unit in the row's currency, and check them."""
    prices, costs = draft.figure("current_price"), draft.figure("avg_cost_price")
    totals = _total_costs(draft, file_format, mapping, findings, costs)
    _scale_quotes(draft, prices, costs, findings)
    _check_values(draft, prices, findings)
    _derive_prices(draft, prices, findings)
    _divide_totals(draft, costs, totals, findings)
    _to_major_units(draft, prices, costs)
    draft.figures |= {"current_price": prices, "avg_cost_price": costs}


def _total_costs(
    draft: Draft, file_format: str, mapping: ColumnMapping, findings: Findings, costs: Figures
) -> Figures | None:
    """Return the column of total costs; a cost basis that is per unit goes into `costs`."""
    if "cost_basis_total" in draft.figures:
        return draft.figures["cost_basis_total"]
    if "cost_basis" not in draft.figures:
        return None
    basis = draft.figures["cost_basis"]
    kind = mapping.cost_basis or (
        "total" if file_format in TOTAL_COST_FORMATS else _kind_of_basis(draft, basis)
    )
    if kind == "total":
        return basis
    if kind == "per_unit":
        costs[:] = [cost if cost is not None else one for cost, one in zip(costs, basis, strict=True)]
        message = "The cost basis was read as a cost per unit, because it is near the prices."
        findings.warn(None, "avg_cost_price", "cost_basis_per_unit", message)
    elif any(one is not None for one in basis):
        message = (
            "Nothing in the file says whether the cost basis is per unit or a total, so it was left out. "
            'Send mapping={"cost_basis": "total"} or {"cost_basis": "per_unit"}.'
        )
        findings.warn(None, "avg_cost_price", "cost_basis_unclear", message)
    return None


def _kind_of_basis(draft: Draft, basis: Figures) -> str | None:
    """Compare the cost with the price both ways: the reading that is nearer to today's price wins."""
    as_unit, as_total = [], []
    rows = zip(
        basis,
        draft.figure("quantity"),
        draft.figure("current_price"),
        draft.figure("market_value"),
        strict=True,
    )
    for cost, quantity, price, value in rows:
        price = price or (abs(value / quantity) if value and quantity else None)
        if cost and quantity and price and price > 0 and abs(quantity) != 1:
            as_unit.append(abs(math.log(abs(cost) / price)))
            as_total.append(abs(math.log(abs(cost / quantity) / price)))
    if not as_unit:
        return None
    unit, total = median(as_unit), median(as_total)
    if abs(unit - total) < _NEAR_TIE:
        return None
    return "per_unit" if unit < total else "total"


def _scale_quotes(draft: Draft, prices: Figures, costs: Figures, findings: Findings) -> None:
    """Bonds quoted per 100 and contracts with a multiplier: make quantity times price the value."""
    multipliers, values = draft.figure("multiplier"), draft.figure("market_value")
    for place, kind in enumerate(draft.classes):
        if kind not in ("fixed_income", "derivatives"):
            continue
        price, quantity, value = prices[place], draft.figures["quantity"][place], values[place]
        factor = _quote_factor(kind, price, quantity, value, multipliers[place])
        if factor is None or price is None:
            continue
        cost = costs[place]
        prices[place] = price * factor
        costs[place] = cost * factor if cost is not None else None
        _tell_scaled(draft.lines[place], kind, factor, findings)


def _quote_factor(
    kind: str,
    price: Decimal | None,
    quantity: Decimal | None,
    value: Decimal | None,
    multiplier: Decimal | None,
) -> Decimal | None:
    if price and quantity and value:
        ratio = value / (price * quantity)
        candidates = (
            (Decimal("0.01"),) if kind == "fixed_income" else (multiplier or Decimal(100), Decimal(100))
        )
        return next((one for one in candidates if one != 1 and abs(ratio / one - 1) <= _TOLERANCE), None)
    return multiplier if kind == "derivatives" and multiplier and multiplier != 1 else None


def _tell_scaled(line: int, kind: str, factor: Decimal, findings: Findings) -> None:
    if kind == "fixed_income":
        message = "The price is quoted per 100 of nominal; price and cost were divided by 100."
        findings.warn(line, "current_price", "bond_price_per_100", message)
    else:
        message = f"One contract stands for {factor:f} units; price and cost were multiplied by it."
        findings.warn(line, "current_price", "contract_multiplier", message)


def _check_values(draft: Draft, prices: Figures, findings: Findings) -> None:
    """Compare quantity times price with the file's market value, to one percent."""
    if "market_value" not in draft.figures:
        return
    rows = zip(draft.figures["quantity"], prices, draft.figures["market_value"], strict=True)
    off, compared = [], 0
    for place, (quantity, price, value) in enumerate(rows):
        if quantity is None or price is None or value is None or not _in_own_currency(draft, place):
            continue
        compared += 1
        product = quantity * price
        difference = abs(abs(product) - abs(value))
        if (
            difference > _CENT
            and difference > abs(value) * _TOLERANCE
            and not _in_pence(draft, place, product, value)
        ):
            off.append((place, product, value))
    if len(off) > _LISTED_MISMATCHES or (len(off) > 3 and len(off) * 2 > compared):
        message = (
            f"In {len(off)} of {compared} rows quantity times price is not the market value; other currency?"
        )
        findings.warn(None, "market_value", "market_value_mismatch", message)
        return
    for place, product, value in off:
        message = f"Quantity times price is {product:f}, but the file's market value is {value:f}."
        findings.warn(draft.lines[place], "market_value", "market_value_mismatch", message)


def _in_own_currency(draft: Draft, place: int) -> bool:
    return draft.value_currency is None or draft.currencies[place] in (None, draft.value_currency)


def _in_pence(draft: Draft, place: int, product: Decimal, value: Decimal) -> bool:
    """A price in pence beside a value in pounds is right."""
    if draft.factors is None or draft.factors[place] == 1:
        return False
    return abs(abs(product * draft.factors[place]) - abs(value)) <= max(abs(value) * _TOLERANCE, _CENT)


def _derive_prices(draft: Draft, prices: Figures, findings: Findings) -> None:
    if "market_value" not in draft.figures:
        return
    derived = []
    rows = zip(prices, draft.figures["quantity"], draft.figures["market_value"], strict=True)
    for place, (price, quantity, value) in enumerate(rows):
        if price is None and quantity and value is not None and _in_own_currency(draft, place):
            prices[place] = per_unit(value, quantity)
            derived.append(draft.lines[place])
    if derived:
        one = derived[0] if len(derived) == 1 else None
        message = f"The price of {rows_named(derived)} is the market value divided by the quantity."
        findings.warn(one, "current_price", "price_derived", message)


def _divide_totals(draft: Draft, costs: Figures, totals: Figures | None, findings: Findings) -> None:
    if totals is None:
        return
    divided = False
    for place, (cost, total, quantity) in enumerate(
        zip(costs, totals, draft.figures["quantity"], strict=True)
    ):
        if cost is None and total is not None and quantity:
            costs[place] = per_unit(total, quantity)
            divided = True
    if divided:
        message = "The cost basis is the total of a position; it was divided by the quantity."
        findings.warn(None, "avg_cost_price", "cost_basis_divided", message)


def _to_major_units(draft: Draft, prices: Figures, costs: Figures) -> None:
    """Pence to pounds, and the like."""
    if draft.factors is None:
        return
    for place, factor in enumerate(draft.factors):
        if factor != 1:
            price, cost = prices[place], costs[place]
            prices[place] = price * factor if price is not None else None
            costs[place] = cost * factor if cost is not None else None
