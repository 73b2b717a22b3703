"""A portfolio: what it is called, what it aims at, and when it should be rebalanced."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args
from uuid import UUID, uuid4, uuid5

from eventsourcing.domain import event

from domain.aggregate import Aggregate, Opened
from domain.drift import UPPER_CASE, Target
from domain.errors import Conflict, NotFound, Refused, Violation
from domain.policy import RebalanceOptions
from domain.sectors import sector_slug, slug

PortfolioType = Literal[
    "long_only", "long_short", "balanced", "fixed_income", "alternatives", "multi_asset", "fund_of_funds"
]
AllocationType = Literal["sector", "asset_class", "geography", "security"]
BandKind = Literal["absolute", "relative", "hybrid"]
ASSET_CLASSES = (
    "equity", "fixed_income", "cash", "alternatives", "derivatives", "real_estate", "commodity", "crypto",
)  # fmt: skip
ALLOCATION_TYPES: tuple[str, ...] = get_args(AllocationType)
REVISABLE = frozenset(
    {"name", "description", "benchmark_ticker", "rebalance_threshold", "metadata", "rebalance_policy"}
)
POLICY_FIELDS = frozenset({"rebalance_threshold", "rebalance_policy"})


class PortfolioNotFound(NotFound):
    """No portfolio of this tenant has the id."""

    def __init__(self, portfolio_id: UUID) -> None:
        super().__init__(f"There is no portfolio {portfolio_id}.")


class PortfolioNotYet(NotFound):
    """The portfolio exists, but not at the moment asked about."""

    def __init__(self, portfolio_id: UUID, inception: date) -> None:
        super().__init__(
            f"Portfolio {portfolio_id} begins on {inception.isoformat()}; there was nothing before."
        )


class AllocationNotFound(NotFound):
    """The portfolio has no target allocation with the id."""

    def __init__(self, allocation_id: UUID) -> None:
        super().__init__(f"There is no allocation {allocation_id} in this portfolio.")


class PortfolioArchived(Conflict):
    """An archived portfolio keeps its history and takes no changes."""

    def __init__(self, portfolio_id: UUID) -> None:
        super().__init__(f"Portfolio {portfolio_id} is archived; set is_active to true to bring it back.")


def normalised_bucket(allocation_type: str, bucket: str) -> str:
    """Return the one spelling under which positions and targets meet."""
    text = bucket.strip()
    if allocation_type in UPPER_CASE:
        return text.upper()
    known = sector_slug(text) if allocation_type == "sector" else None
    return known or slug(text) or text.lower()


class Portfolio(Aggregate):
    """Registration, policy and target allocations of one portfolio."""

    TOPIC = "portfolio"

    class Registered(Opened):
        TOPIC = "portfolio.registered"
        tenant_id: str
        name: str
        portfolio_type: str
        currency: str
        inception_date: date
        benchmark_ticker: str | None
        rebalance_threshold: Decimal
        metadata: dict[str, Any]
        description: str | None
        rebalance_policy: RebalanceOptions

    class Revised(Aggregate.Event):
        TOPIC = "portfolio.revised"
        changes: dict[str, Any]

    class Archived(Aggregate.Event):
        TOPIC = "portfolio.archived"

    class Restored(Aggregate.Event):
        TOPIC = "portfolio.restored"

    class TargetSet(Aggregate.Event):
        TOPIC = "portfolio.target-set"
        target: Target

    class TargetRemoved(Aggregate.Event):
        TOPIC = "portfolio.target-removed"
        allocation_id: UUID

    class RebalanceRequested(Aggregate.Event):
        TOPIC = "portfolio.rebalance-requested"
        force: bool
        options: dict[str, Any]

    @staticmethod
    def create_id() -> UUID:
        """Mint the id of a new portfolio."""
        return uuid4()

    @event(Registered)
    def __init__(
        self,
        tenant_id: str,
        name: str,
        portfolio_type: str,
        currency: str,
        inception_date: date,
        benchmark_ticker: str | None,
        rebalance_threshold: Decimal,
        metadata: dict[str, Any],
        description: str | None,
        rebalance_policy: RebalanceOptions,
    ) -> None:
        self.tenant_id = tenant_id
        self.name = name
        self.portfolio_type = portfolio_type
        self.currency = currency
        self.inception_date = inception_date
        self.benchmark_ticker = benchmark_ticker
        self.rebalance_threshold = rebalance_threshold
        self.metadata = metadata
        self.description = description
        self.rebalance_policy = rebalance_policy
        self.is_active = True
        self.policy_version = 1
        self.targets: dict[UUID, Target] = {}

    @property
    def long_only(self) -> bool:
        """Whether holdings may never be negative."""
        return self.portfolio_type != "long_short"

    def revise(self, changes: Mapping[str, Any], *, at: datetime) -> None:
        """Record the fields that really change; a revision that changes nothing is no fact."""
        self._require_active()
        fresh = {name: value for name, value in changes.items() if getattr(self, name) != value}
        if fresh:
            self.trigger_event(self.Revised, changes=fresh, effective_at=at)

    @event(Revised)
    def _apply_revision(self, changes: dict[str, Any]) -> None:
        for name, value in changes.items():
            setattr(self, name, _typed(name, value))
        if POLICY_FIELDS & changes.keys():
            self.policy_version += 1

    def archive(self, *, at: datetime) -> None:
        """Take the portfolio out of the lists; told twice, one fact."""
        if self.is_active:
            self.trigger_event(self.Archived, effective_at=at)

    @event(Archived)
    def _apply_archive(self) -> None:
        self.is_active = False

    def restore(self, *, at: datetime) -> None:
        """Bring an archived portfolio back."""
        if not self.is_active:
            self.trigger_event(self.Restored, effective_at=at)

    @event(Restored)
    def _apply_restore(self) -> None:
        self.is_active = True

    def allocation_id(self, allocation_type: str, bucket: str) -> UUID:
        """Return the id that a bucket has for ever, so that setting it again updates it."""
        return uuid5(self.id, f"{allocation_type}:{normalised_bucket(allocation_type, bucket)}")

    def set_target(self, target: Target, *, at: datetime) -> bool:
        """Set or update one bucket's target; return whether the bucket is new.

        Raises
        ------
        Refused
            If the targets of one type would add up to more than 1.
        """
        self._require_active()
        self._require_room(target)
        known = self.targets.get(target.allocation_id)
        if known != target:
            self.trigger_event(self.TargetSet, target=target, effective_at=at)
        return known is None

    @event(TargetSet)
    def _apply_target(self, target: Target) -> None:
        self.targets[target.allocation_id] = target
        self.policy_version += 1

    def remove_target(self, allocation_id: UUID, *, at: datetime) -> None:
        """Forget one bucket's target."""
        self._require_active()
        if allocation_id not in self.targets:
            raise AllocationNotFound(allocation_id)
        self.trigger_event(self.TargetRemoved, allocation_id=allocation_id, effective_at=at)

    @event(TargetRemoved)
    def _apply_removal(self, allocation_id: UUID) -> None:
        del self.targets[allocation_id]
        self.policy_version += 1

    def replace_targets(
        self, allocation_type: AllocationType, targets: Sequence[Target], *, at: datetime
    ) -> tuple[Target, ...]:
        """Make these all the targets of one type, and return those that went; what stays as it is is no fact.

        Raises
        ------
        Refused
            If the targets would add up to more than 1.
        """
        self._require_active()
        _require_whole(allocation_type, targets)
        kept = {target.allocation_id for target in targets}
        gone = tuple(
            known
            for known in self.targets.values()
            if known.allocation_type == allocation_type and known.allocation_id not in kept
        )
        for target in gone:
            self.trigger_event(self.TargetRemoved, allocation_id=target.allocation_id, effective_at=at)
        for target in targets:
            if self.targets.get(target.allocation_id) != target:
                self.trigger_event(self.TargetSet, target=target, effective_at=at)
        return gone

    def request_rebalance(self, *, force: bool, options: Mapping[str, Any], at: datetime) -> None:
        """Ask the rebalance agent to look now."""
        self._require_active()
        self.trigger_event(self.RebalanceRequested, force=force, options=dict(options), effective_at=at)

    @event(RebalanceRequested)
    def _apply_request(self, force: bool, options: dict[str, Any]) -> None:
        """Leave the state as it is; the agent acts on the fact itself."""

    def require_active(self) -> None:
        """Refuse a change of anything that belongs to an archived portfolio."""
        self._require_active()

    def _require_active(self) -> None:
        if not self.is_active:
            raise PortfolioArchived(self.id)

    def _require_room(self, target: Target) -> None:
        others = [
            known
            for known in self.targets.values()
            if known.allocation_type == target.allocation_type and known.allocation_id != target.allocation_id
        ]
        _require_whole(target.allocation_type, [*others, target])


def _require_whole(allocation_type: AllocationType, targets: Sequence[Target]) -> None:
    total = sum((target.target_weight for target in targets), Decimal(0))
    if total > 1:
        named = ", ".join(f"{target.bucket} {target.target_weight}" for target in targets)
        detail = f"The {allocation_type} targets add up to {total}, over 1: {named}."
        raise Refused(detail, violations=(Violation("target_weight", "targets_over_one", detail),))


def _typed(name: str, value: Any) -> Any:
    """Give a stored revision its type back; JSON keeps a Decimal as text and a struct as an object."""
    if name == "rebalance_threshold":
        return Decimal(str(value))
    if name == "rebalance_policy" and not isinstance(value, RebalanceOptions):
        return RebalanceOptions.from_plain(value)
    return value
