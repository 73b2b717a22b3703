"""Single positions as they are recorded: one name for each thing, and the spelling that files have too."""

from decimal import Decimal
from typing import Any, Final

import msgspec

from api.bodies import require_rules
from api.resources.position_bodies import RecordPosition, RevisePosition
from domain.sectors import sector_slug, slug

_DESCRIBING: Final = (
    "security_name", "asset_class", "sector", "geography", "isin", "cusip", "sedol", "figi", "current_price",
)  # fmt: skip


def purchase(data: RecordPosition) -> tuple[str, Decimal, dict[str, Any]]:
    """Return ticker, cost per unit and the describing attributes; raises Problem (422) with all violations."""
    require_rules(data)
    ticker = data.symbol if data.ticker is None else data.ticker
    cost = data.price if data.avg_cost_price is None else data.avg_cost_price
    assert cost is not None, "a rule says so"
    attributes = {name: getattr(data, name) for name in _DESCRIBING}
    said = _normalised({name: value for name, value in attributes.items() if value is not None})
    return str(ticker).strip().upper(), cost, said


def revision(data: RevisePosition) -> dict[str, Any]:
    """Return the attributes to change under their names in the domain; raises Problem (422)."""
    require_rules(data)
    changes = {
        name: value for name, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET
    }
    if "avg_cost" in changes:
        changes.setdefault("avg_cost_price", changes.pop("avg_cost"))
    return _normalised(changes)


def _normalised(said: dict[str, Any]) -> dict[str, Any]:
    """Spell asset class, sector and country as positions from files spell them."""
    found = dict(said)
    if said.get("asset_class") is not None:
        found["asset_class"] = slug(said["asset_class"])
    if said.get("sector") is not None:
        found["sector"] = sector_slug(said["sector"])
    if said.get("geography") is not None:
        found["geography"] = said["geography"].upper()
    return found
