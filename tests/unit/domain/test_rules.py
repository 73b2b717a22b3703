from collections.abc import Iterator

from domain.errors import Violation
from domain.rules import Unknown, each, gathered


def found(name: str) -> Violation:
    return Violation(name, "wrong", f"{name} is wrong")


def test_a_rule_that_cannot_be_judged_keeps_what_it_said_and_no_other_from_speaking() -> None:
    def interrupted() -> Iterator[Violation]:
        yield found("a")
        raise Unknown

    assert [one.field for one in gathered(interrupted(), [found("b")])] == ["a", "b"]


def test_a_part_that_is_not_known_does_not_hide_the_others() -> None:
    def rule(part: int | None, path: str) -> Iterator[Violation]:
        if part is None:
            raise Unknown
        yield found(path)

    assert [one.field for one in each(rule, [1, None, 3], "parts")] == ["parts.0", "parts.2"]
    assert [one.field for one in each(rule, [1], "parts", start=7)] == ["parts.7"]


def test_a_rule_that_fails_before_its_first_violation_does_not_hide_other_parts() -> None:
    def rule(part: int, path: str) -> list[Violation]:
        if part == 1:
            raise Unknown
        return [found(path)]

    assert [one.field for one in each(rule, [1, 2], "parts")] == ["parts.1"]
