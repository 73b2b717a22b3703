"""Make the result of an optimisation the targets of a portfolio."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from application.caller import Caller
from application.ledger import Done, Expected, Ledger, Remember, forget, retried
from application.optimization.targets import Wanted, replacement
from domain.drift import AllocationType, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyResult:
    """Which weights, to which portfolio; `expected` is the version its targets are meant for."""

    caller: Caller
    portfolio_id: UUID
    wanted: Wanted
    expected: Expected | None = None


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What the targets of one type are now, which of them are new, and which went.

    changed : ids of targets that are not what they were; the new ones among them are in `created`.
    """

    portfolio_id: UUID
    allocation_type: AllocationType
    targets: tuple[Target, ...]
    created: frozenset[UUID]
    changed: frozenset[UUID]
    removed: tuple[Target, ...]
    sold: tuple[str, ...]
    warnings: tuple[tuple[str, str], ...]
    version: int


@retried
async def apply_result(
    command: ApplyResult, *, ledger: Ledger, remember: Remember[Applied] = forget
) -> Done[Applied]:
    """Replace all targets of one type, or none; the rebalance agent sees to the rest.

    Raises
    ------
    PortfolioNotFound, PreconditionFailed, PortfolioArchived
        As other changes of a portfolio.
    Refused
        If the weights cannot be targets.
    """
    async with ledger.unit(command.caller) as unit:
        portfolio = await unit.portfolio(command.portfolio_id, command.expected)
        portfolio.require_active()
        holdings = await unit.holdings(command.portfolio_id)
        found = replacement(command.wanted, portfolio, holdings.positions())
        before = dict(portfolio.targets)
        removed = portfolio.replace_targets(command.wanted.allocation_type, found.targets, at=unit.now)
        applied = Applied(
            portfolio_id=portfolio.id,
            allocation_type=command.wanted.allocation_type,
            targets=found.targets,
            created=frozenset(one.allocation_id for one in found.targets if one.allocation_id not in before),
            changed=frozenset(
                one.allocation_id for one in found.targets if before.get(one.allocation_id) != one
            ),
            removed=removed,
            sold=found.sold,
            warnings=found.warnings,
            version=portfolio.version,
        )
        return await unit.commit(applied, remember)
