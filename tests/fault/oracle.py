"""What must be true after a storm, told from the commands that were sent and acknowledged and nothing else."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

ZERO = Decimal(0)
TRADED = ""
"""The account in which deposits and withdrawals go."""


@dataclass(frozen=True, slots=True)
class Lot:
    """What is held of one instrument in one account: units, and cost and price per unit."""

    quantity: Decimal
    cost: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Weights:
    """A target, its least and its most, as fractions."""

    target: Decimal
    least: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class CashMoved:
    """A deposit, or a negative one."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class FileImported:
    """Positions of one account and its cash; a snapshot closes what it does not name."""

    account: str
    lots: Mapping[str, Lot]
    cash: Decimal
    snapshot: bool


@dataclass(frozen=True, slots=True)
class PositionRecorded:
    """A purchase: quantities add up and the cost becomes their average."""

    account: str
    ticker: str
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class PositionRevised:
    """What one holding is from now on."""

    account: str
    ticker: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class PositionClosed:
    """One holding is gone."""

    account: str
    ticker: str


@dataclass(frozen=True, slots=True)
class TargetSet:
    """The weights of one bucket."""

    bucket: str
    weights: Weights


@dataclass(frozen=True, slots=True)
class TargetRemoved:
    """One bucket has no target any more."""

    bucket: str


@dataclass(frozen=True, slots=True)
class Revised:
    """Fields with their new values."""

    changes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Archived:
    """The portfolio left the list."""


@dataclass(frozen=True, slots=True)
class Restored:
    """It came back."""


@dataclass(frozen=True, slots=True)
class RebalanceAsked:
    """The agent was asked to look; `force` wants a recommendation in any case."""

    force: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """A recommendation was accepted or declined."""

    recommendation_id: str
    status: str


Effect = (
    CashMoved
    | FileImported
    | PositionRecorded
    | PositionRevised
    | PositionClosed
    | TargetSet
    | TargetRemoved
    | Revised
    | Archived
    | Restored
    | RebalanceAsked
    | Decided
)

RECORDED_AS = {
    CashMoved: "holdings.cash-moved",
    FileImported: "holdings.positions-imported",
    TargetRemoved: "portfolio.target-removed",
    Archived: "portfolio.archived",
    Restored: "portfolio.restored",
    RebalanceAsked: "portfolio.rebalance-requested",
}
"""Commands that leave exactly one event of a kind, so that a doubled one can be counted."""


@dataclass(slots=True)
class Expected:
    """One portfolio as it must be."""

    portfolio_id: UUID
    tenant: str
    fields: dict[str, str | None]
    is_active: bool = True
    was_archived: bool = False
    cash: dict[str, Decimal] = field(default_factory=dict)
    lots: dict[tuple[str, str], Lot] = field(default_factory=dict)
    targets: dict[str, Weights] = field(default_factory=dict)
    decisions: dict[str, str] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    forced: bool = False

    @property
    def cash_balance(self) -> Decimal:
        """The cash of all accounts together."""
        return sum(self.cash.values(), ZERO)

    def apply(self, effect: Effect) -> None:
        """Take in an acknowledged command."""
        if kind := RECORDED_AS.get(type(effect)):
            self.events[kind] += 1
        match effect:
            case CashMoved(amount):
                self.cash[TRADED] = self.cash.get(TRADED, ZERO) + amount
            case FileImported():
                self._import(effect)
            case PositionRecorded():
                self._record(effect)
            case PositionRevised(account, ticker, quantity):
                known = self.lots[account, ticker]
                self.lots[account, ticker] = Lot(quantity, known.cost, known.price)
            case PositionClosed(account, ticker):
                del self.lots[account, ticker]
            case TargetSet(bucket, weights):
                self.targets[bucket] = weights
            case TargetRemoved(bucket):
                del self.targets[bucket]
            case Revised(changes):
                self.fields.update(changes)
            case Archived():
                self.is_active, self.was_archived = False, True
            case Restored():
                self.is_active = True
            case RebalanceAsked(force):
                self.forced = self.forced or force
            case Decided(recommendation_id, status):
                self.decisions[recommendation_id] = status

    def held_by(self, account: str) -> list[str]:
        """Return the tickers held in one account."""
        return [ticker for owner, ticker in self.lots if owner == account]

    def _import(self, effect: FileImported) -> None:
        if effect.snapshot:
            for ticker in self.held_by(effect.account):
                del self.lots[effect.account, ticker]
        for ticker, lot in effect.lots.items():
            self.lots[effect.account, ticker] = lot
        self.cash[effect.account] = effect.cash

    def _record(self, effect: PositionRecorded) -> None:
        key = (effect.account, effect.ticker)
        known = self.lots.get(key, Lot(ZERO, ZERO, ZERO))
        quantity = known.quantity + effect.quantity
        cost = (known.quantity * known.cost + effect.quantity * effect.price) / quantity
        self.lots[key] = Lot(quantity, cost, effect.price)


class Oracle:
    """All portfolios that were acknowledged, and every answer that nobody should have got."""

    def __init__(self) -> None:
        self.portfolios: dict[UUID, Expected] = {}
        self.surprises: list[str] = []
        self.acknowledged: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.retried = 0

    def registered(self, portfolio_id: UUID, *, tenant: str, name: str, cash: Decimal) -> Expected:
        """Take in an acknowledged registration."""
        known = Expected(portfolio_id, tenant, {"name": name, "description": None})
        self.portfolios[portfolio_id] = known
        if cash:
            known.apply(CashMoved(cash))
        return known

    def of_tenant(self, tenant: str) -> list[Expected]:
        """Return one tenant's portfolios."""
        return [known for known in self.portfolios.values() if known.tenant == tenant]
