"""What is refused about holdings, and why."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from domain.errors import Conflict, NotFound, Refused, Violation


class PositionNotFound(NotFound):
    """No position of this tenant has the id."""

    def __init__(self, position_id: UUID) -> None:
        super().__init__(f"There is no position {position_id}.")


class ImportNotFound(NotFound):
    """The portfolio has no import with the id."""

    def __init__(self, import_id: UUID) -> None:
        super().__init__(f"There is no import {import_id} in this portfolio.")


class ImportStandsUnder(Conflict):
    """A later change stands on the import, so undoing it would undo that too."""

    def __init__(self, import_id: UUID, names: Sequence[str]) -> None:
        listed = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
        super().__init__(f"Import {import_id} cannot be reverted: later changes stand on {listed}.")


class ImportAlreadyReverted(Conflict):
    """An import is undone once."""

    def __init__(self, import_id: UUID) -> None:
        super().__init__(f"Import {import_id} is already reverted.")


class InsufficientCash(Refused):
    """A withdrawal would leave less than nothing."""

    def __init__(self, *, balance: Decimal, withdrawn: Decimal, currency: str) -> None:
        detail = f"A withdrawal of {withdrawn} {currency} exceeds the balance of {balance} {currency}."
        super().__init__(detail, violations=(Violation("amount", "insufficient_cash", detail),))
