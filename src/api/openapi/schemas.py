"""JSON Schemas of the bodies, from the types that decode and encode them."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from litestar.datastructures import UploadFile

from api.figures import MAGNITUDE_MAX

Schema = dict[str, Any]
_TEMPLATE: Final = "#/components/schemas/{name}"
_DECIMALS: Final = r"(\.[0-9]{1,12})?"
_ABOVE_ZERO: Final = r"0\.[0-9]{0,11}[1-9]"
_PATTERNS: Final = {
    ("", ""): rf"-?[0-9]{{1,24}}{_DECIMALS}",
    (">=0", ""): rf"[0-9]{{1,24}}{_DECIMALS}",
    (">0", ""): rf"[1-9][0-9]{{0,23}}{_DECIMALS}|{_ABOVE_ZERO}",
    (">=0", "<=1"): rf"0{_DECIMALS}|1(\.0{{1,12}})?",
    (">0", "<=1"): rf"{_ABOVE_ZERO}|1(\.0{{1,12}})?",
    (">=0", "<1"): rf"0{_DECIMALS}",
    (">0", "<1"): _ABOVE_ZERO,
}
"""The digits that fit the usual bounds; a decimal with others is documented as a number only."""
_BOUNDS: Final = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


class Schemas:
    """The component schemas of all bodies.

    A type that both comes in and goes out has one component, unless the two differ: decimals come in as
    number or string and go out as numbers. Then the incoming one is called `<Name>Input`.
    """

    def __init__(self, incoming: Iterable[Any], outgoing: Iterable[Any]) -> None:
        self._in, in_components = _components([*incoming], _decimal_in)
        self._out, out_components = _components([*outgoing], _decimal_out)
        clashing = _clashes(in_components, out_components)
        self._in = {annotation: _renamed(schema, clashing) for annotation, schema in self._in.items()}
        incoming_components = {
            clashing.get(name, name): _renamed(schema, clashing) for name, schema in in_components.items()
        }
        self.components = dict(sorted({**incoming_components, **out_components}.items()))

    def incoming(self, annotation: Any) -> Schema:
        """Return the schema of a request body or parameter."""
        return self._in[annotation]

    def outgoing(self, annotation: Any) -> Schema:
        """Return the schema of an answer."""
        return self._out[annotation]


def _components(annotations: list[Any], decimal: Any) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    schemas, components = msgspec.json.schema_components(
        annotations, schema_hook=_own, ref_template=_TEMPLATE
    )
    named = {name: _mapped(schema, decimal) for name, schema in components.items()}
    return {
        annotation: _mapped(schema, decimal) for annotation, schema in zip(annotations, schemas, strict=True)
    }, named


def _own(annotation: Any) -> Schema:
    if annotation is UploadFile:
        return {"type": "string", "format": "binary"}
    raise NotImplementedError(f"{annotation} has no JSON Schema")


def _mapped(schema: Any, decimal: Any) -> Any:
    if isinstance(schema, list):
        return [_mapped(entry, decimal) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return decimal(schema)
    return {name: _mapped(entry, decimal) for name, entry in schema.items()}


def _decimal_in(schema: Schema) -> Schema:
    rest = _with_number_as_default(schema, without=(*_BOUNDS, "type", "format"))
    bounds: Schema = {name: schema[name] for name in _BOUNDS if name in schema}
    pattern = _PATTERNS.get(_limits(bounds))
    if not {"minimum", "exclusiveMinimum"} & bounds.keys():
        bounds["minimum"] = -MAGNITUDE_MAX
    if not {"maximum", "exclusiveMaximum"} & bounds.keys():
        bounds["maximum"] = MAGNITUDE_MAX
    arms: list[Schema] = [{"type": "number", **bounds}]
    if pattern is None:
        return {**rest, **arms[0]}
    return {**rest, "anyOf": [*arms, {"type": "string", "pattern": f"^({pattern})$"}]}


def _limits(bounds: Schema) -> tuple[str, str]:
    """Return the bounds in short, such as `(">0", "<=1")`."""
    lower = f">={bounds['minimum']}" if "minimum" in bounds else ""
    upper = f"<={bounds['maximum']}" if "maximum" in bounds else ""
    lower = f">{bounds['exclusiveMinimum']}" if "exclusiveMinimum" in bounds else lower
    upper = f"<{bounds['exclusiveMaximum']}" if "exclusiveMaximum" in bounds else upper
    return lower, upper


def _decimal_out(schema: Schema) -> Schema:
    return {**_with_number_as_default(schema, without=("format",)), "type": "number"}


def _with_number_as_default(schema: Schema, *, without: tuple[str, ...]) -> Schema:
    """Return the rest of a decimal's schema; the library writes its default as text."""
    rest = {name: value for name, value in schema.items() if name not in without}
    if isinstance(rest.get("default"), str):
        rest["default"] = msgspec.json.decode(rest["default"])
    return rest


def _clashes(one: dict[str, Schema], other: dict[str, Schema]) -> dict[str, str]:
    """Return new names for the components of `one` that differ in `other`, or refer to one that does."""
    clashing = {name for name in one.keys() & other.keys() if one[name] != other[name]}
    while True:
        referring = {
            name
            for name in one.keys() & other.keys() - clashing
            if any(f'"{_TEMPLATE.format(name=bad)}"' in _text(one[name]) for bad in clashing)
        }
        if not referring:
            return {name: f"{name}Input" for name in clashing}
        clashing |= referring


def _text(schema: Schema) -> str:
    return msgspec.json.encode(schema).decode()


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, list):
        return [_renamed(entry, names) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(reference := schema.get("$ref"), str):
        name = reference.rsplit("/", 1)[1]
        return {**schema, "$ref": _TEMPLATE.format(name=names.get(name, name))}
    return {name: _renamed(entry, names) for name, entry in schema.items()}
