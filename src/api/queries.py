"""Query parameters: all wrong ones at once, unknown ones refused, nothing clamped."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from api.problems import ParameterViolation
from api.violations import explained


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """One parameter as the handler declares it; `annotation` carries its bounds."""

    name: str
    annotation: Any
    required: bool
    default: Any
    repeatable: bool


class Query:
    """The query parameters of one endpoint."""

    def __init__(self, parameters: Iterable[QueryParameter], dec_hook: Callable[[Any, Any], Any]) -> None:
        self.parameters = {parameter.name: parameter for parameter in parameters}
        self._types = {
            name: _without_none(parameter.annotation) for name, parameter in self.parameters.items()
        }
        self._required = [parameter.name for parameter in self.parameters.values() if parameter.required]
        self._dec_hook = dec_hook

    def violations(self, query_string: bytes) -> list[ParameterViolation]:
        """Return what is wrong with a query string, parameter by parameter."""
        if not query_string and not self._required:
            return []
        sent: dict[str, list[str]] = {}
        for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
            sent.setdefault(name, []).append(value)
        missing = [
            ParameterViolation(name, "missing", f"`{name}` is required")
            for name in self._required
            if name not in sent
        ]
        return missing + [found for name, values in sent.items() if (found := self._violation(name, values))]

    def _violation(self, name: str, values: list[str]) -> ParameterViolation | None:
        parameter = self.parameters.get(name)
        if parameter is None:
            known = ", ".join(sorted(self.parameters)) or "none"
            return ParameterViolation(
                name, "unknown_parameter", f"`{name}` is not a parameter here; known: {known}"
            )
        if len(values) > 1 and not parameter.repeatable:
            return ParameterViolation(name, "repeated", f"`{name}` may appear only once")
        try:
            value: Any = values if parameter.repeatable else values[0]
            msgspec.convert(value, self._types[name], strict=False, dec_hook=self._dec_hook)
        except (msgspec.ValidationError, ValueError) as error:
            told = explained(error, name)
            return ParameterViolation(name, told.code, told.detail)
        return None


def _without_none(annotation: Any) -> Any:
    """Return the type of a parameter that is there: `null` is a word and not an absent value."""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        return Annotated[_without_none(inner), *marks]
    arms = tuple(arm for arm in get_args(annotation) if arm is not NoneType)
    return Union[arms] if get_origin(annotation) in (Union, UnionType) else annotation  # noqa: UP007
