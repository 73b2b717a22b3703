"""All violations of a body at once: msgspec stops at the first, so the failure path looks field by field."""

import re
from collections.abc import Iterator
from itertools import chain, islice
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec

from api.figures import decimal_check
from domain.errors import Violation, below

VIOLATIONS_MAX: Final = 100
VISITS_MAX: Final = 20_000
"""Looking at one value costs some microseconds: a hostile body must not hold the process for seconds."""
LONG: Final = 1_000
ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_AT: Final = re.compile(r" - at (?:`key` in )?`\$?\.?([^`]*)`$")
_CODES: Final = (
    ("missing required", "missing"),
    ("unknown field", "unknown_field"),
    ("Invalid enum value", "unknown_value"),
    ("Invalid value", "unknown_value"),
    ("matching regex", "pattern"),
    ("of length", "length"),
    ("out of range", "out_of_range"),
    ("multiple of", "out_of_range"),
    ("Expected `array` of", "length"),
    ("Invalid ", "malformed"),
)
_COMPARED: Final = re.compile(r"Expected `[a-z]+` [<>]=? ")


def code_of(message: str) -> str:
    """Return the violation code for a message of msgspec."""
    if _COMPARED.match(message):
        return "out_of_range"
    return next((code for text, code in _CODES if text in message), "wrong_type")


def explained(error: Exception, field: str | None) -> Violation:
    """Return the violation that an error of msgspec stands for; `field` prefixes the place it names."""
    message = str(error)
    match = _AT.search(message)
    inner = match[1].replace("[", ".").replace("]", "").replace("...", "*").lstrip(".") if match else ""
    text = _AT.sub("", message)
    return Violation(".".join(part for part in (field, inner) if part) or None, code_of(text), text)


def violations_of(annotation: Any, plain: Any) -> list[Violation]:
    """Return all that keeps `plain`, read from JSON with exact decimals, from being an `annotation`.

    Long series are looked through last, as far as VISITS_MAX allows.
    """
    visited = islice(_walk(annotation, plain, ""), VISITS_MAX)
    return list(islice((violation for violation in visited if violation), VIOLATIONS_MAX))


# The walk yields None for each value it found nothing wrong with, so that its steps can be counted.


def _walk(annotation: Any, plain: Any, path: str) -> Iterator[Violation | None]:
    target = unwrapped(annotation, plain)
    origin = get_origin(target)
    if is_struct(target) and isinstance(plain, dict) and not target.__struct_config__.array_like:
        yield from _walk_struct(target, plain, path)
    elif origin in (list, set, frozenset) and isinstance(plain, list):
        yield from _walk_parts(annotation, plain, path, get_args(target)[0], enumerate(plain))
    elif origin is dict and isinstance(plain, dict):
        yield from _walk_parts(annotation, plain, path, get_args(target)[1], plain.items())
    else:
        yield from _leaf(annotation, plain, path)


def _walk_struct(struct: Any, plain: dict[str, Any], path: str) -> Iterator[Violation | None]:
    config = struct.__struct_config__
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    clean = True
    for violation in chain(
        _walk_fields(fields, plain, path, long=False),
        _strangers({config.tag_field: None, **fields}, plain, path) if config.forbid_unknown_fields else (),
        _walk_fields(fields, plain, path, long=True),
    ):
        clean = clean and violation is None
        yield violation
    if clean:
        yield from _leaf(struct, plain, path)


def _walk_fields(
    fields: dict[str, Any], plain: dict[str, Any], path: str, *, long: bool
) -> Iterator[Violation | None]:
    """Walk the fields that are long series, or all others."""
    for name, field in fields.items():
        if name not in plain:
            if field.required and not long:
                yield Violation(below(path, name), "missing", f"`{name}` is required")
        elif _is_long(plain[name]) == long:
            yield from _walk(field.type, plain[name], below(path, name))


def _is_long(plain: Any) -> bool:
    """Say whether looking at every value of a list, or of a list of lists, would use up what others need."""
    rows = plain if isinstance(plain, list) else []
    return sum(len(row) if isinstance(row, list) else 1 for row in rows) > LONG


def _strangers(fields: dict[str, Any], plain: dict[str, Any], path: str) -> Iterator[Violation]:
    for name in plain.keys() - fields.keys():
        yield Violation(below(path, name), "unknown_field", f"`{name}` is not a field of this request")


def _walk_parts(annotation: Any, plain: Any, path: str, inner: Any, parts: Any) -> Iterator[Violation | None]:
    clean = True
    for key, item in parts:
        for violation in _walk(inner, item, below(path, str(key))):
            clean = clean and violation is None
            yield violation
    if clean:
        yield from _leaf(annotation, plain, path)


def _leaf(annotation: Any, plain: Any, path: str) -> Iterator[Violation | None]:
    try:
        # By way of JSON again: `convert` would take a decimal by another road than the body takes.
        value = msgspec.json.decode(ENCODER.encode(plain), type=annotation)
    except msgspec.ValidationError as error:
        yield explained(error, path or None)
    else:
        if check := decimal_check(annotation):
            yield from check(value, path)
        yield None


def unwrapped(annotation: Any, plain: Any) -> Any:
    """Return what to look into: the type below Annotated, and of a union the one arm that can be meant."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in (Union, UnionType) or plain is None:
        return annotation
    arms = [unwrapped(arm, plain) for arm in get_args(annotation) if arm not in (NoneType, msgspec.UnsetType)]
    if isinstance(plain, dict):
        structs = [arm for arm in arms if is_struct(arm)]
        tagged = [arm for arm in structs if _is_tagged(arm, plain)]
        arms = tagged or [arm for arm in structs if arm.__struct_config__.tag is None] or arms
    if isinstance(plain, list):
        arms = [arm for arm in arms if get_origin(arm) in (list, set, frozenset)] or arms
    return arms[0] if len(arms) == 1 else annotation


def _is_tagged(struct: Any, plain: dict[str, Any]) -> bool:
    config = struct.__struct_config__
    return config.tag is not None and plain.get(config.tag_field) == config.tag


def is_struct(target: Any) -> bool:
    """Say whether an annotation is a struct itself."""
    return isinstance(target, type) and issubclass(target, msgspec.Struct)
