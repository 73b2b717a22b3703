from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from api.queries import Query, QueryParameter


def a_parameter(
    name: str, annotation: Any, *, required: bool = False, repeatable: bool = False
) -> QueryParameter:
    return QueryParameter(name, annotation, required=required, default=None, repeatable=repeatable)


LIMIT = a_parameter("limit", Annotated[int, msgspec.Meta(ge=1, le=200)])
KIND = a_parameter("kind", Literal["a", "b"] | None)
IDS = a_parameter("ids", list[UUID], repeatable=True)
SINCE = a_parameter("since", str, required=True)


def violations_of(query: bytes, *parameters: QueryParameter) -> dict[str | None, str]:
    return {
        found.field: found.code
        for found in Query(parameters, lambda kind, value: kind(value)).violations(query)
    }


def test_what_fits_passes() -> None:
    assert violations_of(b"limit=5&kind=a&since=x", LIMIT, KIND, SINCE) == {}
    assert violations_of(b"", LIMIT) == {}


def test_all_wrong_parameters_are_told_at_once_and_none_is_clamped() -> None:
    assert violations_of(b"limit=0&kind=c&ids=1&offset=2", LIMIT, KIND, IDS, SINCE) == {
        "since": "missing",
        "limit": "out_of_range",
        "kind": "unknown_value",
        "ids": "malformed",
        "offset": "unknown_parameter",
    }


def test_an_empty_value_is_a_value() -> None:
    assert violations_of(b"limit=", LIMIT) == {"limit": "wrong_type"}


def test_only_lists_may_be_repeated() -> None:
    assert violations_of(b"limit=1&limit=2", LIMIT) == {"limit": "repeated"}
    one = b"ids=12345678-1234-5678-1234-567812345678"
    assert violations_of(one + b"&" + one, IDS) == {}
    assert violations_of(one, IDS) == {}


def test_null_is_a_word_and_not_an_absent_value() -> None:
    assert violations_of(b"kind=null", KIND) == {"kind": "unknown_value"}
