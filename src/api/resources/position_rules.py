"""Rules of a single position: what a field means beyond its type, and two names of one thing."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from msgspec import UNSET, UnsetType

from domain.errors import Violation
from domain.identifiers import COUNTRY_CODES, is_cusip, is_figi, is_isin, is_sedol
from domain.portfolio import ASSET_CLASSES
from domain.sectors import slug

HOLDABLE: Final = tuple(name for name in ASSET_CLASSES if name != "cash")
_CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "isin": is_isin,
    "cusip": is_cusip,
    "sedol": is_sedol,
    "figi": is_figi,
}


def required(name: str, other: str, first: object, second: object) -> Iterator[Violation]:
    """What has two names is sent under one of them at least."""
    if first is None and second is None:
        yield Violation(name, "missing", f"`{name}` (or `{other}`) is required")


def alike(name: str, other: str, first: object, second: object) -> Iterator[Violation]:
    """What has two names is the same under both."""
    if first is not None and second is not None and first != second:
        yield differing(name, other)


def differing(name: str, other: str) -> Violation:
    """Say that one thing was said in two ways."""
    return Violation(other, "contradiction", f"`{other}` is the same as `{name}`, but says something else")


def not_zero(quantity: Decimal | UnsetType) -> Iterator[Violation]:
    """A position is one of something."""
    if quantity is not UNSET and not quantity:
        detail = "A position of nothing cannot be recorded; DELETE the position to close it."
        yield Violation("quantity", "zero", detail)


def holdable(asset_class: str | UnsetType | None) -> Iterator[Violation]:
    """The asset class is a known one, and not cash."""
    if not isinstance(asset_class, str):
        return
    if slug(asset_class) == "cash":
        detail = "Cash is no position; POST it to …/cash of the portfolio."
        yield Violation("asset_class", "is_cash", detail)
    elif slug(asset_class) not in HOLDABLE:
        detail = f"Unknown asset_class '{asset_class}'; known are {', '.join(HOLDABLE)}."
        yield Violation("asset_class", "unknown_value", detail)


def known_country(geography: str | UnsetType | None) -> Iterator[Violation]:
    """The country is one of ISO 3166-1."""
    if isinstance(geography, str) and geography.upper() not in COUNTRY_CODES:
        detail = f"'{geography.upper()}' is no country of ISO 3166-1."
        yield Violation("geography", "unknown_value", detail)


def checked(name: str, identifier: str | None) -> Iterator[Violation]:
    """An identifier called `name` has the check digit it should have."""
    if identifier is not None and not _CHECKS[name](identifier):
        yield Violation(name, "check_digit", f"{identifier} is no {name.upper()}.")
