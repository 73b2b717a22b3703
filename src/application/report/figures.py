"""Figures of an answer under names for people, each with the reason where it is missing."""

from collections.abc import Mapping
from typing import TypeAlias

from application.report.content import Figure, Unit
from domain.unavailable import Missing

Shown: TypeAlias = tuple[tuple[str, str, Unit], ...]
"""Name of the field, what people call it, and its unit."""


def figures_of(answer: object, unavailable: Mapping[str, Missing], shown: Shown) -> tuple[Figure, ...]:
    """Return some fields of an answer as figures."""
    return tuple(_figure(answer, unavailable, *entry) for entry in shown)


def _figure(answer: object, unavailable: Mapping[str, Missing], name: str, label: str, unit: Unit) -> Figure:
    value: float | None = getattr(answer, name)
    why = unavailable.get(name)
    return Figure(label=label, value=value, unit=unit, note=why.detail if why and value is None else None)
