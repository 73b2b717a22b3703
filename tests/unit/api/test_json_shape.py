import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bodies import JsonBody
from api.json_shape import DEPTH_MAX, DIGITS_MAX, refuse_excessive
from api.problems import Problem


class Note(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    more: dict[str, Any] = {}


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]", inner: bytes = b"") -> bytes:
    return opening * depth + inner + closing * depth


def refusal_of(body: bytes) -> Problem:
    with pytest.raises(Problem) as refusal:
        JsonBody(Note).decode(body)
    assert refusal.value.status == 400
    return refusal.value


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max((depth_of(one) for one in inner), default=0)


@pytest.mark.parametrize(
    "body",
    [
        nested(DEPTH_MAX),
        nested(DEPTH_MAX, b'{"a":', b"}", b"1"),
        b"[" + b",".join([nested(DEPTH_MAX - 1)] * 100) + b"]",
        json.dumps(["[" * 1_000, "{" * 1_000, '\\"' + "[" * 1_000]).encode(),
        b"[" + b"1" * DIGITS_MAX + b"]",
    ],
)
def test_what_is_within_bounds_passes(body: bytes) -> None:
    refuse_excessive(body)


@pytest.mark.parametrize(
    "body",
    [
        nested(DEPTH_MAX + 1),
        nested(DEPTH_MAX + 1, b'{"a":', b"}", b"1"),
        b"[" * 1_000_000,
        b'["]]]]]]]]", ' + nested(DEPTH_MAX) + b"]",
        b'["\\"]]]", ' + nested(DEPTH_MAX) + b"]",
        b"[" + b"[]," * 100 + nested(DEPTH_MAX) + b"]",
    ],
)
def test_what_is_nested_too_deeply_is_refused(body: bytes) -> None:
    with pytest.raises(Problem, match="nested more than 64 levels"):
        refuse_excessive(body)


JSON = st.recursive(
    st.text('[]{}"\\a', max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text('[]{}"\\', max_size=2), inner, max_size=2)
    ),
    max_leaves=8,
)


@given(JSON, st.integers(DEPTH_MAX - 6, DEPTH_MAX + 1))
def test_the_depth_is_that_of_the_values(value: Any, around: int) -> None:
    body = nested(around, inner=json.dumps([value, [[]]]).encode())
    if around + depth_of([value, [[]]]) > DEPTH_MAX:
        with pytest.raises(Problem):
            refuse_excessive(body)
    else:
        refuse_excessive(body)


@pytest.mark.parametrize(
    "number", [b"1" * 5_000, b"-" + b"9" * 900_000, b"0." + b"3" * 5_000, b"1e" + b"9" * 500]
)
def test_a_number_that_takes_long_to_read_is_not_read(number: bytes) -> None:
    refusal = refusal_of(b'{"name": "a", "more": {"x": ' + number + b"}}")
    assert refusal.detail == "The body has more than 400 digits in a row."


@pytest.mark.parametrize(
    "body", [b'{"name": "a", "more": {"x": %b}}' % nested(500), b"[" * 900_000, b"[" * 65 + b'"a' * 400_001]
)
def test_a_deep_body_is_a_bad_request_that_says_so(body: bytes) -> None:
    assert "64 levels" in refusal_of(body).detail
