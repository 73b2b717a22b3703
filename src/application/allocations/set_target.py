"""Set or update the target of one bucket."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import msgspec

from application.caller import Caller
from application.ledger import Done, Expected, Ledger, Remember, forget, retried
from domain.drift import Target
from domain.errors import Refused, Violation
from domain.portfolio import ASSET_CLASSES, AllocationType, BandKind, normalised_bucket
from domain.rules import gathered


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTarget:
    """Weights and bands are fractions; without a band the portfolio's threshold counts."""

    caller: Caller
    portfolio_id: UUID
    allocation_type: AllocationType
    bucket: str
    target_weight: Decimal
    min_weight: Decimal = Decimal(0)
    max_weight: Decimal = Decimal(1)
    band_kind: BandKind | None = None
    band: Decimal | None = None
    expected: Expected | None = None


class TargetSet(msgspec.Struct, frozen=True, kw_only=True):
    """The target as it stands now, and whether its bucket is new."""

    portfolio_id: UUID
    target: Target
    created: bool
    version: int


@retried
async def set_target(
    command: SetTarget, *, ledger: Ledger, remember: Remember[TargetSet] = forget
) -> Done[TargetSet]:
    """Set the target, or refuse it with everything that is wrong."""
    _require_rules(command)
    async with ledger.unit(command.caller) as unit:
        portfolio = await unit.portfolio(command.portfolio_id, command.expected)
        target = Target(
            allocation_id=portfolio.allocation_id(command.allocation_type, command.bucket),
            allocation_type=command.allocation_type,
            bucket=normalised_bucket(command.allocation_type, command.bucket),
            target_weight=command.target_weight,
            min_weight=command.min_weight,
            max_weight=command.max_weight,
            band_kind=command.band_kind,
            band=command.band,
        )
        created = portfolio.set_target(target, at=unit.now)
        result = TargetSet(
            portfolio_id=portfolio.id, target=target, created=created, version=portfolio.version
        )
        return await unit.commit(result, remember)


def _require_rules(command: SetTarget) -> None:
    violations = target_violations(
        allocation_type=command.allocation_type,
        bucket=command.bucket,
        target_weight=command.target_weight,
        min_weight=command.min_weight,
        max_weight=command.max_weight,
    )
    if found := list(violations):
        raise Refused(found[0].detail, violations=found)


def target_violations(
    *,
    allocation_type: AllocationType,
    bucket: str,
    target_weight: Decimal,
    min_weight: Decimal,
    max_weight: Decimal,
) -> Iterator[Violation]:
    """Yield weights that are not in order, and a bucket that cannot be."""
    return gathered(
        _above_target(min_weight, target_weight),
        _below_target(max_weight, target_weight),
        _no_bucket(allocation_type, bucket),
    )


def _above_target(least: Decimal, target: Decimal) -> Iterator[Violation]:
    if least > target:
        detail = f"min_weight {least} is above target_weight {target}."
        yield Violation("min_weight", "above_target", detail)


def _below_target(greatest: Decimal, target: Decimal) -> Iterator[Violation]:
    if greatest < target:
        detail = f"max_weight {greatest} is below target_weight {target}."
        yield Violation("max_weight", "below_target", detail)


def _no_bucket(allocation_type: AllocationType, sent: str) -> Iterator[Violation]:
    bucket = normalised_bucket(allocation_type, sent)
    if allocation_type == "asset_class" and bucket not in ASSET_CLASSES:
        detail = f"Unknown asset_class '{sent}'; known are {', '.join(ASSET_CLASSES)}."
        yield Violation("bucket", "unknown_bucket", detail)
    if not bucket:
        yield Violation("bucket", "empty", "bucket is empty.")
