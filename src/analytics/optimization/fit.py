"""What a method answers, and how it can fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analytics.optimization.sample import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that whoever reads the weights should know."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Weights, shape (n,), and what explains them.

    solver : what computed them, such as `clarabel` or `closed form`
    status : `optimal`, or `inexact` where the last solver of the chain stopped short of its tolerance
    fallbacks : what was tried before and failed, oldest first, each with its reason
    extras : what only this method has (frontier, clusters, regime …), as plain values by field name of the answer;
        arrays are allowed and go out as lists
    """

    weights: Floats
    solver: str
    status: str = "optimal"
    fallbacks: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)


class CannotFit(Exception):
    """A method cannot be computed on these figures; `code` is for machines, the message for people.

    field : the part of the request that stands in the way, where there is one.
    """

    def __init__(self, code: str, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.field = code, detail, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """The least change that lets all limits hold: the limit named `key` from `asked` to `needed`."""

    key: str
    label: str
    asked: float
    needed: float


class Infeasible(CannotFit):
    """No weights keep to all limits.

    conflict : keys of the smallest set of limits that cannot hold together
    relaxations : ways out, the least first; each alone is enough
    """

    def __init__(
        self, detail: str, *, conflict: tuple[str, ...], relaxations: tuple[Relaxation, ...]
    ) -> None:
        super().__init__("infeasible", detail, field=conflict[0] if conflict else None)
        self.conflict, self.relaxations = conflict, relaxations
