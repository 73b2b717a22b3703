"""Set or update the target of one bucket."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import msgspec

from application.caller import Caller
from application.ledger import Done, Expected, Ledger, Remember, forget, retried
from domain.drift import Target
from domain.errors import Refused, Violation
from domain.portfolio import ASSET_CLASSES, AllocationType, BandKind, normalised_bucket


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
    _require_order(command)
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


def _require_order(command: SetTarget) -> None:
    violations = []
    if command.min_weight > command.target_weight:
        detail = f"min_weight {command.min_weight} is above target_weight {command.target_weight}."
        violations.append(Violation("min_weight", "above_target", detail))
    if command.max_weight < command.target_weight:
        detail = f"max_weight {command.max_weight} is below target_weight {command.target_weight}."
        violations.append(Violation("max_weight", "below_target", detail))
    bucket = normalised_bucket(command.allocation_type, command.bucket)
    if command.allocation_type == "asset_class" and bucket not in ASSET_CLASSES:
        detail = f"Unknown asset_class '{command.bucket}'; known are {', '.join(ASSET_CLASSES)}."
        violations.append(Violation("bucket", "unknown_bucket", detail))
    if not bucket:
        violations.append(Violation("bucket", "empty", "bucket is empty."))
    if violations:
        raise Refused(violations[0].detail, violations=violations)
