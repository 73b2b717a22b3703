"""Tables inside answers: their columns come from types, so that they are the same with and without rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args, get_origin

import msgspec

from api.exports.cells import Cell, Kind, arms_of, cell, kind_of
from domain.risk import CorrelationMatrix

DEPTH_MAX: Final = 4
WHOLE: Final = "."
Trail = tuple[str, ...]


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of a correlation matrix."""

    ticker: str
    other: str
    correlation: float | None


def _correlations(matrix: CorrelationMatrix) -> list[Correlation]:
    return [
        Correlation(ticker=ticker, other=other, correlation=value)
        for ticker, row in zip(matrix.tickers, matrix.values, strict=True)
        for other, value in zip(matrix.tickers, row, strict=True)
    ]


_AS_ROWS: Final[Mapping[Any, tuple[Any, Callable[[Any], Any]]]] = {
    CorrelationMatrix: (list[Correlation], _correlations)
}
"""What is no list in an answer but a table all the same: the type of its rows, and how they are made."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, where in an item its value is, and the kind of its cells."""

    name: str
    trail: Trail
    kind: Kind


@dataclass(frozen=True, slots=True)
class Level:
    """One step from the answer to its innermost items: a field, and what each item of it adds to a row.

    keys : headers of the keys where the field is a mapping.
    """

    field: str | None
    keys: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of an answer, named by the path to its items."""

    name: str
    levels: tuple[Level, ...]

    @property
    def headers(self) -> list[str]:
        """The names of all columns."""
        return [name for level in self.levels for name in (*level.keys, *(one.name for one in level.columns))]

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of all columns."""
        keyed: list[Kind] = []
        for level in self.levels:
            keyed += ["text"] * len(level.keys)
            keyed += [column.kind for column in level.columns]
        return keyed

    def rows(self, body: Any) -> Iterator[list[Cell]]:
        """Yield the cells of each row of an answer."""
        yield from _rows(body, self.levels, [])


def table_of(annotation: Any, path: str) -> Table:
    """Return the table that a path leads to in answers of a type; ValueError where it leads nowhere."""
    if path == WHOLE:
        return Table("answer", (Level(None, (), tuple(_columns(_struct(annotation, path), "", (), 0))),))
    levels: list[Level] = []
    parts = path.split(".")
    for place, part in enumerate(parts):
        field = _field(annotation, part, path)
        annotation, keys = _items(field.type)
        if keys == ("name",) and any(level.keys for level in levels):
            keys = ("other",)
        inner = place == len(parts) - 1
        columns = _columns(annotation, "", (), 0) if inner else _outer_columns(annotation, field, path)
        levels.append(Level(field.name, keys, tuple(columns)))
    return Table(path, tuple(levels))


def _field(annotation: Any, name: str, path: str) -> Any:
    fields = msgspec.structs.fields(_struct(annotation, path))
    found = next((field for field in fields if field.encode_name == name), None)
    if found is None:
        raise ValueError(f"`{path}` is no table of {annotation}: there is no field `{name}`")
    return found


def _struct(annotation: Any, path: str) -> Any:
    arms = arms_of(annotation)
    if len(arms) != 1 or not _is_struct(arms[0]):
        raise ValueError(f"`{path}` is no table: {annotation} is no struct")
    return arms[0]


def _items(annotation: Any) -> tuple[Any, tuple[str, ...]]:
    """Return the type of the items of a field, and headers for the keys that lead to them."""
    [arm, *others] = arms_of(annotation)
    arm = _AS_ROWS[arm][0] if arm in _AS_ROWS else arm
    origin = get_origin(arm)
    if not others and origin in (list, tuple, set, frozenset, Sequence):
        return get_args(arm)[0], ()
    if not others and origin in (dict, Mapping):
        inner = get_args(arm)[1]
        nested = arms_of(inner)
        if len(nested) == 1 and get_origin(nested[0]) in (dict, Mapping):
            return get_args(nested[0])[1], ("name", "other")
        return inner, ("name",)
    return annotation, ()


def _columns(annotation: Any, prefix: str, trail: Trail, depth: int) -> Iterator[Column]:
    """Yield the columns of an item, those of structs inside it with a point between the names."""
    arms = arms_of(annotation)
    if depth < DEPTH_MAX and all(_is_struct(arm) for arm in arms):
        named = {
            column.name: column
            for arm in arms
            for field in msgspec.structs.fields(arm)
            for column in _columns(
                field.type, f"{prefix}{field.encode_name}.", (*trail, field.name), depth + 1
            )
        }
        yield from named.values()
    else:
        yield Column(prefix[:-1] or "value", trail, kind_of(annotation))


def _outer_columns(annotation: Any, field: Any, path: str) -> Iterator[Column]:
    """Yield the columns that an outer item gives to the rows of its inner ones: its plain values.

    What is there once, and not in a list, would only say the same in every row.
    """
    struct = _struct(annotation, path)
    if annotation is field.type:
        return
    for inner in msgspec.structs.fields(struct):
        if all(_is_plain(arm) for arm in arms_of(inner.type)):
            name = f"{field.encode_name}.{inner.encode_name}"
            yield Column(name, (inner.name,), kind_of(inner.type))


def _is_plain(arm: Any) -> bool:
    return not _is_struct(arm) and get_origin(arm) in (None, Literal)


def _is_struct(arm: Any) -> bool:
    return isinstance(arm, type) and issubclass(arm, msgspec.Struct) and not arm.__struct_config__.array_like


def _rows(body: Any, levels: tuple[Level, ...], before: list[Cell]) -> Iterator[list[Cell]]:
    level, *rest = levels
    for keys, item in _keyed(body if level.field is None else getattr(body, level.field), level):
        row = [*before, *keys, *(cell(_value(item, one.trail), one.kind) for one in level.columns)]
        if rest:
            yield from _rows(item, tuple(rest), row)
        else:
            yield row


def _keyed(value: Any, level: Level) -> Iterator[tuple[tuple[str, ...], Any]]:
    if value is None or value is msgspec.UNSET:
        return
    if type(value) in _AS_ROWS:
        value = _AS_ROWS[type(value)][1](value)
    if level.keys and isinstance(value, Mapping):
        for key, item in value.items():
            if len(level.keys) == 1:
                yield (str(key),), item
            else:
                yield from (((str(key), str(other)), inner) for other, inner in (item or {}).items())
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from (((), item) for item in value)
    else:
        yield (), value


def _value(item: Any, trail: Trail) -> Any:
    for name in trail:
        item = getattr(item, name, None)
        if item is None:
            return None
    return item
