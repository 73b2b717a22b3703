"""The request as one of the calls that a tenant has in a month."""

from application.limits.month import Month
from application.limits.ports import Meter


class Call:
    """A request of a tenant that counts, unless the fault turns out to be ours."""

    __slots__ = ("_meter", "_month", "_reserved", "_tenant")

    def __init__(self, meter: Meter, tenant: str, month: Month, *, reserved: bool) -> None:
        self._meter, self._tenant, self._month, self._reserved = meter, tenant, month, reserved

    def ended(self, status: int) -> None:
        """Count it, in the month in which it began; one that a quota counted already is given back."""
        if status >= 500:
            if self._reserved:
                self._meter.give_back(self._tenant, self._month)
        elif not self._reserved:
            self._meter.count(self._tenant, self._month)
