"""What a single position must say: rules that look at more than one field, all violations at once."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from api.problems import invalid
from api.resources.position_bodies import RecordPosition, RevisePosition
from domain.errors import Violation
from domain.identifiers import COUNTRY_CODES, is_cusip, is_figi, is_isin, is_sedol
from domain.portfolio import ASSET_CLASSES
from domain.sectors import sector_slug, slug

HOLDABLE: Final = tuple(name for name in ASSET_CLASSES if name != "cash")
_CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "isin": is_isin,
    "cusip": is_cusip,
    "sedol": is_sedol,
    "figi": is_figi,
}
_DESCRIBING: Final = (
    "security_name", "asset_class", "sector", "geography", "isin", "cusip", "sedol", "figi", "current_price",
)  # fmt: skip


def purchase(data: RecordPosition) -> tuple[str, Decimal, dict[str, Any]]:
    """Return ticker, cost per unit and the describing attributes; raises Problem (422) with all violations."""
    violations: list[Violation] = []
    ticker = _one_of(data, "ticker", "symbol", violations)
    cost = _one_of(data, "avg_cost_price", "price", violations)
    _require_quantity(data.quantity, violations)
    attributes = {name: getattr(data, name) for name in _DESCRIBING}
    said = _normalised({name: value for name, value in attributes.items() if value is not None}, violations)
    for name, is_valid in _CHECKS.items():
        if name in said and not is_valid(said[name]):
            violations.append(Violation(name, "check_digit", f"{said[name]} is no {name.upper()}."))
    if violations:
        raise invalid(violations)
    return str(ticker).strip().upper(), cost, said


def revision(data: RevisePosition) -> dict[str, Any]:
    """Return the attributes to change under their names in the domain; raises Problem (422)."""
    violations: list[Violation] = []
    changes = {
        name: value for name, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET
    }
    if "avg_cost" in changes:
        cost = changes.pop("avg_cost")
        if changes.setdefault("avg_cost_price", cost) != cost:
            violations.append(_differ("avg_cost_price", "avg_cost"))
    if "quantity" in changes:
        _require_quantity(changes["quantity"], violations)
    changes = _normalised(changes, violations)
    if violations:
        raise invalid(violations)
    return changes


def _one_of(data: RecordPosition, name: str, other: str, violations: list[Violation]) -> Any:
    first, second = getattr(data, name), getattr(data, other)
    if first is None and second is None:
        violations.append(Violation(name, "missing", f"`{name}` (or `{other}`) is required"))
    if first is not None and second is not None and first != second:
        violations.append(_differ(name, other))
    return second if first is None else first


def _differ(name: str, other: str) -> Violation:
    return Violation(other, "contradiction", f"`{other}` is the same as `{name}`, but says something else")


def _require_quantity(quantity: Decimal, violations: list[Violation]) -> None:
    if not quantity:
        detail = "A position of nothing cannot be recorded; DELETE the position to close it."
        violations.append(Violation("quantity", "zero", detail))


def _normalised(said: dict[str, Any], violations: list[Violation]) -> dict[str, Any]:
    """Spell asset class, sector and country as positions from files spell them."""
    found = dict(said)
    if (asset_class := said.get("asset_class")) is not None:
        found["asset_class"] = slug(asset_class)
        if found["asset_class"] == "cash":
            detail = "Cash is no position; POST it to …/cash of the portfolio."
            violations.append(Violation("asset_class", "is_cash", detail))
        elif found["asset_class"] not in HOLDABLE:
            detail = f"Unknown asset_class '{asset_class}'; known are {', '.join(HOLDABLE)}."
            violations.append(Violation("asset_class", "unknown_value", detail))
    if said.get("sector") is not None:
        found["sector"] = sector_slug(said["sector"])
    if (geography := said.get("geography")) is not None:
        found["geography"] = geography.upper()
        if found["geography"] not in COUNTRY_CODES:
            detail = f"'{geography}' is no country of ISO 3166-1."
            violations.append(Violation("geography", "unknown_value", detail))
    return found
