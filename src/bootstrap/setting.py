"""One setting: the variable it is read from, how its text is understood, and what it is for."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

Value = TypeVar("Value")


class SettingError(ValueError):
    """An environment variable has a value that means nothing to us; the message is one sentence."""


class ValueNamed(ValueError):
    """A value means nothing, and the message says what is wrong with it; for values too long to be shown."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a text becomes a value; `read` raises ValueError for text that is not as `expected`."""

    read: Callable[[str], Any]
    expected: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What a reader of the documentation and of `trimtab doctor` learns about one setting."""

    variable: str
    kind: Kind
    default: str | None
    purpose: str
    secret: bool

    def read(self, text: str) -> Any:
        """The value of `text`; SettingError naming variable, value and what is expected."""
        try:
            return self.kind.read(text)
        except ValueNamed as refusal:
            raise SettingError(f"{self.variable}: {refusal}.") from refusal
        except ValueError as refusal:
            hidden = self.secret or "-----BEGIN" in text  # it may be a private key
            shown = "has a value that is not shown here" if hidden else f"is {text!r}"
            raise SettingError(f"{self.variable} {shown}, expected {self.kind.expected}.") from refusal


def setting(variable: str, kind: Kind, default: str | None, purpose: str, *, secret: bool = False) -> Any:
    """A field that is read from `variable`; `default` is written as a user would write it."""
    description = Setting(variable, kind, default, purpose, secret)
    value = None if default is None else kind.read(default)
    return dataclasses.field(default=value, metadata={"setting": description})


def settings_of(cls: type) -> Iterator[tuple[str, Setting]]:
    """Every field of `cls` that is a setting, in the order of the class."""
    for field in dataclasses.fields(cls):
        if "setting" in field.metadata:
            yield field.name, field.metadata["setting"]
