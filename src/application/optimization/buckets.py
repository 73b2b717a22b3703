"""Which bucket of a portfolio an asset of an optimisation counts towards."""

from collections.abc import Iterable, Mapping, Sequence

from application.optimization.dataset import AssetFacts
from domain.drift import AllocationType
from domain.holding_facts import Position
from domain.portfolio import Portfolio, normalised_bucket


def bucket_of(
    asset: AssetFacts, allocation_type: AllocationType, portfolio: Portfolio, held: Sequence[Position]
) -> str | None:
    """Return the bucket that an asset counts towards, None where nobody knows."""
    if allocation_type == "security":
        return _security(asset, portfolio, held)
    # What is held says itself what it is: drift counts it so.
    positions = [one for one in held if _same(asset, one)]
    attributes = [getattr(one, allocation_type) for one in (*positions, asset)]
    found = next((text for text in attributes if text), None)
    return None if found is None else normalised_bucket(allocation_type, found)


def _security(asset: AssetFacts, portfolio: Portfolio, held: Sequence[Position]) -> str:
    """Return the name under which the portfolio has a target for it already, or else its ticker."""
    names = _names(asset)
    for one in held:
        if _same(asset, one):
            names |= _position_names(one)
    known = (target.bucket for target in portfolio.targets.values() if target.allocation_type == "security")
    old = next((bucket for bucket in known if bucket.casefold() in names), None)
    return old or normalised_bucket("security", asset.ticker or asset.name)


def buckets_held(
    assets: Iterable[AssetFacts],
    allocation_type: AllocationType,
    portfolio: Portfolio,
    held: Sequence[Position],
) -> set[str]:
    """Return the buckets that positions fall into; for securities the name that one of the assets goes by, if any."""
    if allocation_type != "security":
        found = (getattr(one, allocation_type) for one in held)
        return {normalised_bucket(allocation_type, text) for text in found if text}
    named: dict[str, str] = {}
    for asset in assets:
        named |= dict.fromkeys(_names(asset), _security(asset, portfolio, held))
    return {_held_bucket(one, named, portfolio) for one in held}


def _held_bucket(one: Position, named: Mapping[str, str], portfolio: Portfolio) -> str:
    names = _position_names(one)
    if bucket := next((named[name] for name in sorted(names & named.keys())), None):
        return bucket
    known = (target.bucket for target in portfolio.targets.values() if target.allocation_type == "security")
    old = next((bucket for bucket in known if bucket.casefold() in names), None)
    return old or normalised_bucket("security", one.ticker)


def _names(asset: AssetFacts) -> set[str]:
    found = (asset.ticker or asset.name, asset.isin, asset.instrument_id)
    return {str(name).casefold() for name in found if name}


def _position_names(one: Position) -> set[str]:
    return {str(name).casefold() for name in (one.ticker, one.isin, one.instrument_id) if name}


def _same(asset: AssetFacts, one: Position) -> bool:
    return bool(_names(asset) & _position_names(one))
